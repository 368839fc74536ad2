-- The notifier's mails, written down before they are sent: at most one a request, within the caps.
-- An address stands here as a keyed hash only. What was sent, the event log says.

create table notifier.mails (
    request_id text primary key,
    stream     uuid not null,
    address    bytea not null,
    claimed_at timestamptz not null default clock_timestamp(),
    holder     uuid not null,
    held_until timestamptz not null,
    -- The mail server was given the text: from here on nobody may give it again.
    handed     boolean not null default false
);
create index mails_claimed on notifier.mails (claimed_at);

-- Returns claimed, held (somebody is sending it), unknown (somebody was, when they died) or capped.
create function notifier.claim_mail(
    p_request text, p_stream uuid, p_address bytea, p_holder uuid, p_hold interval,
    p_user_cap integer, p_address_cap integer, p_cap integer
) returns text language plpgsql as $$
declare
    known notifier.mails;
    since constant timestamptz := clock_timestamp() - interval '1 day';
    n record;
begin
    -- One claim at a time, so that no two count each other out: mails are rare.
    perform pg_advisory_xact_lock(hashtextextended('notifier.mails', 0));
    select * into known from notifier.mails where request_id = p_request;
    if found then
        if known.held_until > clock_timestamp() then
            return 'held';
        elsif known.handed then
            return 'unknown';
        end if;
        update notifier.mails set holder = p_holder, held_until = clock_timestamp() + p_hold
        where request_id = p_request;
        return 'claimed';
    end if;
    select count(*) filter (where stream = p_stream) as of_user,
           count(*) filter (where address = p_address) as to_address,
           count(*) as of_all
    into n from notifier.mails where claimed_at > since;
    if (p_user_cap > 0 and n.of_user >= p_user_cap)
        or (p_address_cap > 0 and n.to_address >= p_address_cap)
        or (p_cap > 0 and n.of_all >= p_cap) then
        return 'capped';
    end if;
    insert into notifier.mails (request_id, stream, address, holder, held_until)
    values (p_request, p_stream, p_address, p_holder, clock_timestamp() + p_hold);
    return 'claimed';
end $$;

grant select, insert, update, delete on notifier.mails to mededbot_services;
