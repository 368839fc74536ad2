"""Every metric's name, written once. Labels take few values and never a user, id or text."""

import math

from prometheus_client import Counter, Gauge, Histogram

TURN_BUCKETS = (0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 12, 20, 30, 45, 60)
CALL_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 45, 60)

TURNS = Counter("bot_turns_total", "Turns that ended visibly.", ["mode", "outcome"])
TURN_SECONDS = Histogram(
    "bot_turn_duration_seconds", "From the webhook to the accepted answer.", buckets=TURN_BUCKETS
)

WEBHOOKS = Counter("bot_webhook_requests_total", "Webhook requests.", ["outcome"])
DOOR_RATE = Gauge("bot_webhook_rate_limit", "Inputs a second the door takes; infinite at rest.")
DOOR_RATE.set(math.inf)
WEBHOOK_EVENTS = Counter("bot_webhook_events_total", "Events in webhooks.", ["outcome"])
MESSAGES_OVER_LIMIT = Counter(
    "bot_messages_over_limit_total", "Messages that were answered but not worked on.", ["limit"]
)
HTTP_SECONDS = Histogram(
    "http_server_request_duration_seconds",
    "HTTP requests served.",
    ["http_request_method", "http_route", "http_response_status_code"],
)

DATA_REQUESTS = Counter(
    "bot_data_requests_total", "What users asked for about their own data.", ["task", "outcome"]
)
DELIVERIES = Counter("bot_delivery_total", "Answers given to a messenger.", ["channel", "outcome"])

EMAILS_SUPPRESSED = Counter("email_suppressed_total", "Mails that were not sent.", ["reason"])

APPENDS = Counter("eventlog_append_total", "Appends to the event log.", ["outcome"])
OUTBOX_AGE = Gauge("outbox_oldest_unsent_age_seconds", "Age of the oldest unsettled request.")
SWEPT = Counter("sweeper_actions_total", "What the sweeper had to heal.", ["action"])
PROJECTION_LAG = Gauge(
    "projection_lag_seconds", "Age of the oldest event a read model lacks.", ["projection"]
)

CONSUMED = Counter("bus_messages_total", "Messages handled.", ["consumer", "outcome"])
DEAD_LETTERS = Counter("bus_dead_letters_total", "Messages given up.", ["consumer"])
DEAD_LETTERS_WAITING = Gauge(
    "bus_dead_letters_waiting", "Given up, and not retried or dropped.", ["consumer"]
)
BEHIND = Gauge(
    "bus_consumer_behind_seconds", "Work that waits on the bus, in time to do it.", ["consumer"]
)
PUBLISH_FAILURES = Counter("bus_publish_failures_total", "Publishes left to the sweeper.")

UPSTREAM_CALLS = Counter("upstream_requests_total", "Outside calls.", ["upstream", "outcome"])
UPSTREAM_SECONDS = Histogram(
    "upstream_request_duration_seconds", "Outside calls.", ["upstream"], buckets=CALL_BUCKETS
)
UPSTREAM_WAIT_SECONDS = Histogram(
    "upstream_turn_wait_seconds", "Waits for our budget's turn.", ["upstream"], buckets=CALL_BUCKETS
)
CIRCUIT = Gauge("upstream_circuit_state", "0 closed, 1 half-open, 2 open.", ["upstream"])
TOKENS = Counter("gen_ai_client_token_usage", "Tokens of the model.", ["gen_ai_token_type"])
LEAFLET_CACHE = Counter("leaflet_cache_total", "Leaflets looked up and kept.", ["outcome"])
DOWNLOADS = Counter("audio_requests_total", "Audio and exports asked for.", ["kind", "outcome"])
AUDIO_BYTES = Gauge("audio_store_bytes", "Audio and exports in the store, at the last look.")
AUDIO_REMOVED = Counter("audio_removed_total", "Audio and exports removed.", ["reason"])
RETENTION_RUNS = Counter("audio_retention_runs_total", "Cleanings of the store.", ["outcome"])
LOADING = Counter("bot_loading_total", "Loading animations asked for.", ["outcome"])
READ_MARKS = Counter("bot_read_marks_total", "Messages to mark as read.", ["outcome"])
ALERTS = Counter("bot_alerts_total", "Alerts raised by services.", ["name"])

ARCHIVED = Counter("bot_archived_total", "Copies for the archive.", ["kind", "outcome"])

LOG_LINES_LOST = Counter("log_lines_lost_total", "Log lines that could not be written.")
AUTH_ATTEMPTS = Counter("auth_attempts_total", "Passwords tried.", ["surface", "outcome"])
LOOP_LAG = Gauge("asyncio_loop_lag_seconds", "How late the event loop ran its last tick.")
BUILD = Gauge("build_info", "The running build.", ["service", "version"])
