-- The notifier's ledger: what it is about to send, written down before it calls the messenger.
-- It holds intents only. That an answer is delivered, the event log says.

create schema notifier;

create table notifier.deliveries (
    reply_id        text primary key,
    stream          uuid not null,
    turn_id         text not null,
    retry_key       uuid not null,
    attempt         integer not null,
    claimed_by      text not null,
    claimed_until   timestamptz not null,
    intent_at       timestamptz not null,
    -- An attempt began and nobody has written down how it ended.
    open            boolean not null default true,
    -- What earlier attempts have taught: see services/notifier/delivery.py.
    in_doubt        boolean not null default false,
    token_refused   boolean not null default false,
    content_refused boolean not null default false
);
create index deliveries_turn on notifier.deliveries (turn_id);
create index deliveries_intent on notifier.deliveries (intent_at);

grant usage on schema notifier to mededbot_services;
grant select, insert, update, delete on notifier.deliveries to mededbot_services;
