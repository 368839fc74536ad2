-- Limits that hold over all replicas: one row a limit, one statement a request, one clock.
--
-- Each is a GCRA (generic cell rate algorithm): `ready_at` is when all that was let in so far would
-- have been let in at the steady rate, so a limit is as full as that lies ahead. Nothing here is on
-- record: unlogged rows cost no wait for the disk, and a crash of Postgres empties all limits.

create schema limits;

create unlogged table limits.buckets (
    name     text primary key,
    ready_at timestamptz not null
) with (fillfactor = 50);  -- no index on what changes, and room for it: updates stay in their page

-- When a user's messages of the last minute were let in: a steady rate alone would let through twice
-- as many in the first minute as later.
create unlogged table limits.minutes (
    name   text primary key,
    let_in timestamptz[] not null
) with (fillfactor = 50);

create function limits.last_minute(p_times timestamptz[]) returns timestamptz[] language sql as $$
    select coalesce(array_agg(t order by t), '{}') from unnest(p_times) as t
    where t > clock_timestamp() - interval '1 minute' and t <= clock_timestamp()
$$;

-- Takes one place, if the limit is no fuller than `p_within` allows (null: however full it is).
-- Returns how long that place lies ahead; null when there is none, and then nothing is taken.
create function limits.take(
    p_name text, p_interval interval, p_within interval, out ahead interval
) language plpgsql as $$
declare
    -- Further ahead than any place is only what was written by a clock that has been set back since.
    absurd constant interval := p_within + interval '1 hour';
begin
    -- Whoever waits here for the row of the limit is served in turn.
    insert into limits.buckets as b (name, ready_at)
    values (p_name, clock_timestamp() + p_interval)
    on conflict (name) do update set ready_at = p_interval + case
        when b.ready_at > clock_timestamp() + absurd then clock_timestamp()
        else greatest(b.ready_at, clock_timestamp()) end
    where p_within is null
       or b.ready_at <= clock_timestamp() + p_within
       or b.ready_at > clock_timestamp() + absurd
    returning greatest(b.ready_at - p_interval - clock_timestamp(), interval '0') into ahead;
end $$;

-- Lets one message in (null), or names the limit it is over and takes nothing of the other.
-- A limit without an interval is none.
create function limits.admit(
    p_user text, p_user_interval interval, p_user_within interval, p_user_most integer,
    p_all_interval interval, p_all_within interval
) returns text language plpgsql as $$
declare
    own constant text := 'user:' || p_user;
begin
    if p_user_interval is not null then
        if limits.take(own, p_user_interval, p_user_within) is null then
            return 'user';
        end if;
        insert into limits.minutes as m (name, let_in) values (own, array[clock_timestamp()])
        on conflict (name) do update set let_in = limits.last_minute(m.let_in) || excluded.let_in
        where cardinality(limits.last_minute(m.let_in)) < p_user_most;
        if not found then
            update limits.buckets set ready_at = ready_at - p_user_interval where name = own;
            return 'user';
        end if;
    end if;
    -- Always in this order: nobody holds the row of all while waiting for one of a user.
    if p_all_interval is not null
       and limits.take('all', p_all_interval, p_all_within) is null then
        update limits.buckets set ready_at = ready_at - p_user_interval where name = own;
        update limits.minutes set let_in = trim_array(let_in, 1) where name = own;
        return 'all';
    end if;
    return null;
end $$;

grant usage on schema limits to mededbot_services;
grant select, insert, update, delete on limits.buckets, limits.minutes to mededbot_services;
