-- Destroying what a user has said: keys that tell one another apart, one statement that erases,
-- whose conversations are whose, and the read models, which hold nothing that outlives a key.

-- Which of a stream's keys this is: numbers are never used again, a later key has a higher one.
alter table eventlog.keys add column generation bigint not null generated always as identity;

-- The conversations of one person: the direct one names the person, here are those in groups.
create table eventlog.people (
    stream uuid primary key,
    person uuid not null
);
create index people_person on eventlog.people (person);

-- Projections ask whether a message was taken back before they show it.
create index events_redacted on eventlog.events (stream)
    where type = 'conversation.message_redacted';

drop function eventlog.append(
    uuid, integer, text, text, text[], uuid[], text[], smallint[], text[], bytea[],
    uuid[], uuid[], text[], uuid[], boolean, boolean, timestamptz,
    smallint, bytea, interval
);

-- Everything an append does, in one statement and one round trip.
-- Returns the version before it, or -1 when the key was used before; raises 40001 when the stream
-- has moved on, 55000 when the personal parts were sealed with a key that was destroyed meanwhile.
create function eventlog.append(
    p_stream uuid, p_expected integer, p_key text, p_source text, p_traceparents text[],
    p_ids uuid[], p_types text[], p_schemas smallint[], p_data text[], p_personal bytea[],
    p_causes uuid[], p_turns uuid[], p_requests text[], p_settles uuid[],
    p_pending boolean, p_set_wake boolean, p_wake_at timestamptz,
    p_format smallint, p_snapshot bytea, p_republish_after interval,
    p_generation bigint default null,
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
    -- Under the stream's lock, so nobody destroys the key between this look and the commit.
    if p_generation is not null and not exists (
        select from eventlog.keys as k where k.stream = p_stream and k.generation = p_generation
    ) then
        raise exception 'the key of the sealed parts is gone' using errcode = '55000';
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

-- Destroys a stream's key and appends the event that says so, sealed with the new key already:
-- all of it, or nothing. What was asked for before has no result any more, whoever still works
-- on it. Returns and raises as an append does.
create function eventlog.erase(
    p_stream uuid, p_expected integer, p_key text, p_source text, p_traceparent text,
    p_id uuid, p_type text, p_schema smallint, p_data text, p_personal bytea,
    p_cause uuid, p_turn uuid, p_new_key bytea, p_requests text[],
    out version integer, out recorded_at timestamptz
) language plpgsql as $$
#variable_conflict use_variable
declare
    made bigint;
begin
    perform pg_advisory_xact_lock(uuid_hash_extended(p_stream, 0));
    if exists (select from eventlog.inbox as i where i.key = p_key) then
        version := -1;
        return;
    end if;
    delete from eventlog.keys as k where k.stream = p_stream;
    insert into eventlog.keys as k (stream, key) values (p_stream, p_new_key)
    returning k.generation into made;
    delete from eventlog.snapshots as s where s.stream = p_stream;
    delete from eventlog.outbox as o where o.stream = p_stream;
    insert into eventlog.inbox (key, stream)
    select 'result:' || e.id, p_stream from eventlog.events as e
    where e.stream = p_stream and e.type = any (p_requests) and 'result:' || e.id <> p_key
    on conflict do nothing;
    select a.version, a.recorded_at into version, recorded_at from eventlog.append(
        p_stream, p_expected, p_key, p_source, array[p_traceparent],
        array[p_id], array[p_type], array[p_schema], array[p_data], array[p_personal],
        array[p_cause], array[p_turn], null, null,
        true, true, null, null, null, null, made
    ) as a;
end $$;

grant select, insert on eventlog.people to mededbot_services;

-- Read models: made of the log alone, so they can be dropped and made again at any time. What is
-- personal in them are the very bytes of the log: they open with the stream's key, or not at all.
create schema readmodels;

-- How far each projection has read, in the order of the whole log.
create table readmodels.checkpoints (
    projection text primary key,
    tx         xid8 not null default '0',
    position   bigint not null default 0
);
insert into readmodels.checkpoints (projection) values ('chat'), ('tts'), ('voicemail'), ('email');

-- Who asked what, and what did the bot say: one row a turn, named by the event that opened it.
-- `source_message_id` is the message whose words were worked on, where it is not the turn's own.
create table readmodels.chat_logs (
    turn              uuid primary key,
    stream            uuid not null,
    version           integer not null,
    kind              text not null,
    message_id        text,
    source_message_id text,
    sent_at           timestamptz not null,
    received_at       timestamptz not null,
    over_limit        text,
    redacted          boolean not null,
    asked             bytea,
    model             text,
    prompt            text,
    cached            boolean,
    direction         text,
    input_tokens      integer,
    output_tokens     integer,
    failure           text,
    told_to_wait_at   timestamptz,
    answer_id         uuid,
    answer            bytea,
    answered_at       timestamptz,
    mode              text,
    outcome           text,
    reply_id          text,
    channel           text,
    delivered_at      timestamptz,
    refused_status    integer
);
create index chat_logs_stream on readmodels.chat_logs (stream, version);
create index chat_logs_received on readmodels.chat_logs (received_at);

-- What was read aloud: one row a request, named by its event.
create table readmodels.tts_logs (
    request           uuid primary key,
    stream            uuid not null,
    version           integer not null,
    turn              uuid,
    message_id        text,
    source_message_id text,
    requested_at      timestamptz not null,
    redacted          boolean not null,
    asked             bytea,
    outcome           text,
    failure           text,
    finished_at       timestamptz,
    model             text,
    duration_ms       integer,
    expires_at        timestamptz,
    result_id         uuid,
    result            bytea
);
create index tts_logs_stream on readmodels.tts_logs (stream, version);
create index tts_logs_requested on readmodels.tts_logs (requested_at);

-- What voice messages said: one row a request.
create table readmodels.voicemail_logs (
    request       uuid primary key,
    stream        uuid not null,
    version       integer not null,
    turn          uuid,
    message_id    text not null,
    duration_ms   integer,
    requested_at  timestamptz not null,
    redacted      boolean not null,
    asked         bytea,
    outcome       text,
    failure       text,
    finished_at   timestamptz,
    model         text,
    prompt        text,
    input_tokens  integer,
    output_tokens integer,
    result_id     uuid,
    result        bytea
);
create index voicemail_logs_stream on readmodels.voicemail_logs (stream, version);
create index voicemail_logs_requested on readmodels.voicemail_logs (requested_at);

-- Leaflets by mail: one row a request.
create table readmodels.email_logs (
    request           uuid primary key,
    stream            uuid not null,
    version           integer not null,
    turn              uuid,
    message_id        text,
    source_message_id text,
    requested_at      timestamptz not null,
    redacted          boolean not null,
    asked             bytea,
    outcome           text,
    failure           text,
    finished_at       timestamptz,
    result_id         uuid,
    result            bytea
);
create index email_logs_stream on readmodels.email_logs (stream, version);
create index email_logs_requested on readmodels.email_logs (requested_at);

grant usage on schema readmodels to mededbot_services;
grant select, update on readmodels.checkpoints to mededbot_services;
grant select, insert, update, delete, truncate
    on readmodels.chat_logs, readmodels.tts_logs, readmodels.voicemail_logs, readmodels.email_logs
    to mededbot_services;
