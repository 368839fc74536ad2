-- The event log: the only source of truth. Events are never changed and never removed.

do $$
begin
    -- Roles belong to the whole server: another database of it, or its administrator, may have made
    -- this one. An owner who may not make roles only gets this far when it is there.
    if not exists (select from pg_roles where rolname = 'mededbot_services') then
        create role mededbot_services nologin;
    end if;
exception when duplicate_object or unique_violation then
    null;  -- another database is being migrated at this moment
end $$;

create schema eventlog;

-- One row a stream: where it ends, and whether somebody has to look at it.
create table eventlog.streams (
    stream        uuid primary key,
    version       integer not null,
    pending_since timestamptz,
    wake_at       timestamptz
);
create index streams_pending on eventlog.streams (pending_since) where pending_since is not null;
create index streams_wake on eventlog.streams (wake_at) where wake_at is not null;

-- `tx` and `position` together order all events for relays and projections: read
-- `order by (tx, position)` where `tx < pg_snapshot_xmin(pg_current_snapshot())`.
create table eventlog.events (
    position       bigint generated always as identity,
    tx             xid8 not null default pg_current_xact_id(),
    stream         uuid not null,
    version        integer not null check (version > 0),
    id             uuid not null unique,
    type           text not null,
    schema_version smallint not null,
    source         text not null,
    recorded_at    timestamptz not null,
    cause          uuid,
    turn           uuid,
    traceparent    text,
    data           jsonb not null,
    personal       bytea,
    primary key (stream, version)
);
create index events_order on eventlog.events (tx, position);

create function eventlog.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the event log is append-only: % refused', tg_op using errcode = '42501';
end $$;
create trigger append_only before update or delete on eventlog.events
    for each row execute function eventlog.refuse_change();
create trigger append_only_truncate before truncate on eventlog.events
    for each statement execute function eventlog.refuse_change();
-- Also when a session pretends to be a replica, which silences ordinary triggers.
alter table eventlog.events enable always trigger append_only;
alter table eventlog.events enable always trigger append_only_truncate;

-- What was heard before: a key that is here is never appended again.
create table eventlog.inbox (
    key         text primary key,
    stream      uuid not null,
    recorded_at timestamptz not null default now()
);

-- Requests that nobody has settled: published again until their result stands in the log.
create table eventlog.outbox (
    event_id        uuid primary key,
    stream          uuid not null,
    version         integer not null,
    subject         text not null,
    created_at      timestamptz not null default now(),
    next_publish_at timestamptz not null,
    publishes       integer not null default 1
);
create index outbox_due on eventlog.outbox (next_publish_at);
create index outbox_stream on eventlog.outbox (stream, subject, version);

-- A cache: fold(log) up to `version`, sealed with the stream's key.
create table eventlog.snapshots (
    stream  uuid primary key,
    version integer not null,
    format  smallint not null,
    state   bytea not null
);

-- One key a stream. Whoever destroys it makes the stream's personal fields unreadable.
create table eventlog.keys (
    stream     uuid primary key,
    key        bytea not null,
    created_at timestamptz not null default now()
);

-- Everything an append does, in one statement and one round trip.
-- Returns the version before it, or -1 when the key was used before; raises 40001 when the stream has moved on.
create function eventlog.append(
    p_stream uuid, p_expected integer, p_key text, p_source text, p_traceparents text[],
    p_ids uuid[], p_types text[], p_schemas smallint[], p_data text[], p_personal bytea[],
    p_causes uuid[], p_turns uuid[], p_requests text[], p_settles uuid[],
    p_pending boolean, p_set_wake boolean, p_wake_at timestamptz,
    p_format smallint, p_snapshot bytea, p_republish_after interval,
    out version integer, out recorded_at timestamptz
) language plpgsql as $$
#variable_conflict use_variable
declare
    n constant integer := cardinality(p_ids);
begin
    -- One writer a stream, from before it has a transaction id until it has committed: so a stream's
    -- versions rise with (tx, position). Without this, 16 writers on 3 streams put half of the
    -- events before their predecessors, for an id is given before the wait for the stream's row.
    perform pg_advisory_xact_lock(uuid_hash_extended(p_stream, 0));
    recorded_at := clock_timestamp();
    if p_key is not null then
        insert into eventlog.inbox (key, stream) values (p_key, p_stream) on conflict do nothing;
        if not found then
            version := -1;
            return;
        end if;
    end if;
    if p_expected is null or p_expected = 0 then
        insert into eventlog.streams as s (stream, version, pending_since, wake_at)
        values (p_stream, n, case when p_pending then recorded_at end,
                case when p_set_wake then p_wake_at end)
        on conflict on constraint streams_pkey do update set
            version = s.version + n,
            pending_since = case when p_pending then coalesce(s.pending_since, recorded_at)
                                 when p_pending is null then s.pending_since end,
            wake_at = case when p_set_wake then p_wake_at else s.wake_at end
        where p_expected is null or s.version = p_expected
        returning s.version into version;
    else
        update eventlog.streams as s set
            version = s.version + n,
            pending_since = case when p_pending then coalesce(s.pending_since, recorded_at)
                                 when p_pending is null then s.pending_since end,
            wake_at = case when p_set_wake then p_wake_at else s.wake_at end
        where s.stream = p_stream and s.version = p_expected
        returning s.version into version;
    end if;
    if version is null then
        raise exception 'the stream has moved on' using errcode = '40001';
    end if;
    version := version - n;
    insert into eventlog.events (stream, version, id, type, schema_version, source, recorded_at,
                                 cause, turn, traceparent, data, personal)
    select p_stream, version + e.i, e.id, e.type, e.schema, p_source, recorded_at,
           e.cause, e.turn, e.traceparent, e.data::jsonb, e.personal
    from unnest(p_ids, p_types, p_schemas, p_data, p_personal, p_causes, p_turns, p_traceparents)
         with ordinality as e (id, type, schema, data, personal, cause, turn, traceparent, i);
    if p_requests is not null then
        insert into eventlog.outbox (event_id, stream, version, subject, next_publish_at)
        select r.id, p_stream, version + r.i, r.subject, recorded_at + p_republish_after
        from unnest(p_ids, p_requests) with ordinality as r (id, subject, i)
        where r.subject is not null;
    end if;
    if p_settles is not null then
        delete from eventlog.outbox where event_id = any (p_settles);
    end if;
    if p_snapshot is not null then
        insert into eventlog.snapshots as k (stream, version, format, state)
        values (p_stream, version + n, p_format, p_snapshot)
        on conflict on constraint snapshots_pkey do update set
            version = excluded.version, format = excluded.format, state = excluded.state
        where k.version < excluded.version;
    end if;
end $$;

grant usage on schema eventlog to mededbot_services;
grant select, insert on eventlog.events, eventlog.inbox to mededbot_services;
grant select, insert, update on eventlog.streams to mededbot_services;
grant select, insert, update, delete on eventlog.outbox, eventlog.snapshots to mededbot_services;
grant select, insert, delete on eventlog.keys to mededbot_services;
