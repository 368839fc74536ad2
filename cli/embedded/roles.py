"""The database and the two log-in roles of an embedded Postgres."""

import asyncpg

DATABASE = "mededbot"
OWNER = "mededbot_owner"
SERVICE = "mededbot_service"
# Made by the migrations, which grant it what services may do.
SERVICES = "mededbot_services"


async def create_database(maintenance_url: str) -> None:
    """Create the product's database unless it is there."""
    connection = await asyncpg.connect(maintenance_url)
    try:
        found = await connection.fetchval("select 1 from pg_database where datname = $1", DATABASE)
        if not found:
            await connection.execute(f"create database {DATABASE} owner {OWNER}")
    finally:
        await connection.close()


async def create_service_role(maintenance_url: str, password: str) -> None:
    """Create the role services log in with, or give it this password."""
    connection = await asyncpg.connect(maintenance_url)
    try:
        found = await connection.fetchval("select 1 from pg_roles where rolname = $1", SERVICE)
        verb = "alter" if found else "create"
        # DDL takes no parameters; the password is of URL-safe characters of our own making.
        await connection.execute(f"{verb} role {SERVICE} login password '{password}'")
    finally:
        await connection.close()


async def admit_service_role(owner_url: str) -> None:
    """Let the services' log-in do what the migrations granted to services."""
    connection = await asyncpg.connect(owner_url)
    try:
        found = await connection.fetchval("select 1 from pg_roles where rolname = $1", SERVICES)
        if found:
            await connection.execute(f"grant {SERVICES} to {SERVICE}")
    finally:
        await connection.close()
