-- Who may try the console's password: guessing gets slower with every wrong one, over all replicas
-- and after a restart of any of them. Addresses are kept as hashes, for a month at most.

create schema console;

create table console.attempts (
    name         text primary key,  -- the hash of an address, or `everybody`
    failures     integer     not null default 0,
    failed_at    timestamptz not null default '-infinity',
    locked_until timestamptz not null default '-infinity',
    good_at      timestamptz not null default '-infinity'
);

-- Counts a wrong password. `p_free` are forgiven; each further one locks twice as long.
create function console.count_failure(
    p_name text, p_free integer, p_longest interval, p_forgotten interval
) returns void language sql as $$
    insert into console.attempts as a (name, failures, failed_at)
    values (p_name, 1, clock_timestamp())
    on conflict (name) do update set
        failures = case
            when a.failed_at < clock_timestamp() - p_forgotten then 1 else a.failures + 1 end,
        failed_at = clock_timestamp();
    update console.attempts
    set locked_until = clock_timestamp()
        + least(p_longest, interval '1 second' * power(2, least(failures - p_free, 20)))
    where name = p_name and failures > p_free;
$$;

-- Lets a password be tried from an address: null, or how long nobody there may try again. What is
-- tried meanwhile does not count, be it right or wrong.
create function console.try_password(
    p_address text, p_is_right boolean, out wait interval
) language plpgsql as $$
declare
    longest constant interval := interval '1 hour';
    is_known boolean;
begin
    -- One after the other: who guesses a thousand at once has five guesses, too.
    perform pg_advisory_xact_lock(7203114419);
    select exists (
        select from console.attempts
        where name = p_address and good_at > clock_timestamp() - interval '30 days'
    ) into is_known;
    -- Where the right password came from lately, the guesses of others lock nobody out. Further
    -- ahead than the longest lock is only what was written by a clock that has been set back since.
    select max(locked_until) - clock_timestamp() into wait from console.attempts
    where (name = p_address or name = 'everybody' and not is_known)
      and locked_until > clock_timestamp() and locked_until <= clock_timestamp() + longest;
    if wait is not null then
        return;
    end if;
    if p_is_right then
        insert into console.attempts as a (name, good_at) values (p_address, clock_timestamp())
        on conflict (name) do update set
            failures = 0, locked_until = '-infinity', good_at = excluded.good_at
        where a.failures > 0 or a.good_at < clock_timestamp() - interval '1 hour';
        return;
    end if;
    perform console.count_failure(p_address, 5, longest, interval '1 day');
    perform console.count_failure('everybody', 50, interval '1 minute', interval '10 minutes');
    delete from console.attempts
    where failed_at < clock_timestamp() - interval '1 day'
      and good_at < clock_timestamp() - interval '30 days';
end $$;

grant usage on schema console to mededbot_services;
grant select, insert, update, delete on console.attempts to mededbot_services;
