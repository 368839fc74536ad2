-- The key that signs links to objects: one for all replicas, made at first use. Deleting the row
-- and starting the services anew ends every link that was ever given out.

create schema links;

create table links.signing_key (
    only_one   boolean primary key default true check (only_one),
    key        bytea not null check (octet_length(key) = 32),
    created_at timestamptz not null default now()
);

grant usage on schema links to mededbot_services;
grant select, insert on links.signing_key to mededbot_services;
