-- A destroyed key is a dead row until vacuum has been there. By default that takes 50 dead rows and a
-- fifth of the table, which may be years: here each one counts, and autovacuum looks every minute.
alter table eventlog.keys set (
    autovacuum_vacuum_threshold = 0,
    autovacuum_vacuum_scale_factor = 0
);
