-- The education service's cache of leaflets on common topics.
--
-- Name and key of a row follow from its topic, which stands nowhere: only whoever asks for the same
-- topic finds the row and can open it. A cache need not outlive a crash, nor leave copies in the WAL.

create schema education;

create unlogged table education.leaflets (
    id         bytea primary key,
    sealed     bytea not null,
    expires_at timestamptz not null
);
create index leaflets_expiry on education.leaflets (expires_at);

grant usage on schema education to mededbot_services;
grant select, insert, update, delete on education.leaflets to mededbot_services;
