/* Code generated from internal/property by go generate; DO NOT EDIT. */

static const struct property_entry common_properties[] = {
    {
        .type = PROPERTY_CLIST,
        .name = "rules",
        .description = "Rule files or globs, in the schema of Elastic's detection-rules or of Sigma (.yml), beside the built-in rule; -builtin leaves that one out.",
    },
    {
        .type = PROPERTY_STR,
        .name = "unsupported_rules",
        .default_value = "refuse",
        .description = "What to do with a rule file that is of a kind that is not supported (machine learning, ES|QL that aggregates ...): refuse to start, or skip it with a warning.",
    },
    {
        .type = PROPERTY_STR,
        .name = "alert_key",
        .default_value = "alert",
        .description = "Key of the map that a matching record gains. A value that the record has there already moves to KEY_original.",
    },
    {
        .type = PROPERTY_STR,
        .name = "alert_format",
        .default_value = "native",
        .description = "How an alert is written: native (a map under alert_key), ecs (merged into Elastic Common Schema 8.11 fields), or ocsf (an OCSF 1.4 Detection Finding in the record's place).",
    },
    {
        .type = PROPERTY_BOOL,
        .name = "alert_guide",
        .default_value = "off",
        .description = "Put what the rule says for the analyst into each alert: its description, what could be a false alarm, and the steps of the investigation.",
    },
    {
        .type = PROPERTY_BOOL,
        .name = "split",
        .default_value = "on",
        .description = "Make one record of each event of a record that holds a list of them (Records, logEvents, Events).",
    },
    {
        .type = PROPERTY_CLIST,
        .name = "json_keys",
        .default_value = "log,message,MESSAGE,_raw",
        .description = "Keys under which a record may carry an event as JSON text.",
    },
    {
        .type = PROPERTY_STR,
        .name = "coverage",
        .default_value = "rule",
        .description = "rule alerts exactly when the rule's predicate matches; extended also on cross-account and public grants that evade it, on those for other actions than invoke, on whole organizations, and on services that nothing binds to this account; all also on every other call that lets somebody outside of the account reach a resource, by rules of its own.",
    },
    {
        .type = PROPERTY_STR,
        .name = "same_account",
        .default_value = "alert",
        .description = "What to do with a grant to the function's own account, which the predicate cannot tell from a foreign one: alert or ignore.",
    },
    {
        .type = PROPERTY_CLIST,
        .name = "trusted_accounts",
        .description = "Account ids (12 digits), or names from known_accounts, that may be granted access without an alert.",
    },
    {
        .type = PROPERTY_CLIST,
        .name = "trusted_orgs",
        .description = "Organization ids (o-...): a grant that is narrowed to one of them raises no alert.",
    },
    {
        .type = PROPERTY_CLIST,
        .name = "trusted_actors",
        .description = "ARN patterns of those who may make such a call. * and ? match anything but a colon; a role session is matched by its role's ARN too.",
    },
    {
        .type = PROPERTY_CLIST,
        .name = "trusted_functions",
        .description = "Names of functions that may be opened without an alert, or ARN patterns. * and ? match anything but a colon.",
    },
    {
        .type = PROPERTY_CLIST,
        .name = "trusted_resources",
        .description = "ARN patterns of resources that may be opened without an alert. * and ? match anything but a colon.",
    },
    {
        .type = PROPERTY_STR,
        .name = "known_accounts",
        .description = "File with the names of accounts, CSV or JSON with account and name: alerts call them by both, and trusted_accounts takes a name. It is read at the start and again at a hot reload.",
    },
    {
        .type = PROPERTY_STR,
        .name = "asn_database",
        .description = "MMDB file with autonomous systems, such as GeoLite2-ASN.mmdb: source.as.* for rules and in alerts of the formats ecs and ocsf. It is read at the start and again at a hot reload.",
    },
    {
        .type = PROPERTY_STR,
        .name = "geo_database",
        .description = "MMDB file with places, such as GeoLite2-City.mmdb: source.geo.* for rules and in alerts of the formats ecs and ocsf. It is read at the start and again at a hot reload.",
    },
    {
        .type = PROPERTY_INT,
        .name = "max_signals",
        .description = "How many alerts of one rule an interval may raise; further ones are tagged with suppressed: max_signals. Default: what the rule says, 100 for the built-in one.",
    },
    {
        .type = PROPERTY_TIME,
        .name = "interval",
        .description = "The period that max_signals counts in, by the events' own time. Default: what the rule says, 5m for the built-in one.",
    },
    {
        .type = PROPERTY_TIME,
        .name = "dedup_window",
        .description = "How long an event that raised an alert is remembered; its duplicates are marked with suppressed: duplicate. 0 turns this off. Default: the rule's look-back, 6m for the built-in one.",
    },
    {
        .type = PROPERTY_BOOL,
        .name = "follow_grants",
        .default_value = "off",
        .description = "Remember which grants to outsiders are open, raise an alert when one is used or closed, and list in each alert what the same actor did in the hour before. Open grants are kept in state_path, if that is set.",
    },
    {
        .type = PROPERTY_STR,
        .name = "state_memory",
        .default_value = "64M",
        .description = "How much memory rules about several events (thresholds, new terms, sequences) and open grants may use to remember, such as 64M. What has no room is forgotten, and counted.",
    },
    {
        .type = PROPERTY_TIME,
        .name = "learning_period",
        .default_value = "1d",
        .description = "How long rules about new terms only learn, from the start or with a new rule, before they raise alerts. Their history window, if that is shorter; 0 turns it off.",
    },
    {
        .type = PROPERTY_TIME,
        .name = "stats_interval",
        .default_value = "0",
        .description = "How often a line with counts (records, events, matches, suppressed, excepted, malformed) goes to Fluent Bit's log. 0 turns it off.",
    },
    {
        .type = PROPERTY_STR,
        .name = "metrics_listen",
        .description = "Address, 127.0.0.1:PORT or a port of the loopback address alone, at which Prometheus metrics are served under /metrics. Plugins with the same address share it. Off by default.",
    },
};

static const struct property_entry filter_properties[] = {
    {
        .type = PROPERTY_STR,
        .name = "alert_tag",
        .description = "Tag under which each alert leaves as a record of its own, by the input trailwire, such as alert.$severity (also $rule_id, $tag). The record it is about goes on untouched. Without it the record itself gets the alert.",
    },
    {
        .type = PROPERTY_STR,
        .name = "suppressed_tag",
        .default_value = "suppressed.$severity",
        .description = "Tag of alerts that are suppressed (duplicates, and those over max_signals), with alert_tag.",
    },
    {
        .type = PROPERTY_STR,
        .name = "records",
        .description = "What becomes of a record that matches: untouched leaves it as it is, tagged adds the alert to it. Default: untouched with alert_tag, tagged without.",
    },
    {
        .type = PROPERTY_STR,
        .name = "state_path",
        .description = "File that keeps what rules about several events (thresholds, new terms, sequences) remember, and open grants (follow_grants), through reloads, restarts and SIGKILL. Each instance needs one of its own. Without it a restart forgets.",
    },
};

static const struct property_entry output_properties[] = {
    {
        .type = PROPERTY_STR,
        .name = "alerts_to",
        .description = "Where alerts go: a list of stdout, file:///path, forward://host:port and forward+unix:///path. A forward address may have settings: ?tag=alert.$severity (also $rule_id, $tag), &tls=on, &ack=off.",
    },
    {
        .type = PROPERTY_STR,
        .name = "alerts_only",
        .default_value = "record",
        .description = "What goes out: record is the event with its alert, fields only the alert with its grant, and the event's ID.",
    },
    {
        .type = PROPERTY_STR,
        .name = "shared_key",
        .description = "The shared_key of the receiving forward input. It may come from the environment, as ${NAME}.",
    },
    {
        .type = PROPERTY_STR,
        .name = "shared_key_file",
        .description = "A file with the shared_key in its first line, instead of shared_key.",
    },
    {
        .type = PROPERTY_BOOL,
        .name = "tls_verify",
        .default_value = "on",
        .description = "Whether the receiver's certificate must be valid and its own, for addresses with tls=on.",
    },
    {
        .type = PROPERTY_STR,
        .name = "tls_ca_file",
        .description = "A PEM file with the certificates that sign the receiver's. Default: the system's.",
    },
    {
        .type = PROPERTY_STR,
        .name = "tls_server_name",
        .description = "The name in the receiver's certificate. Default: the host of the address.",
    },
    {
        .type = PROPERTY_STR,
        .name = "tls_crt_file",
        .description = "A PEM file with our certificate, for a receiver that asks for one.",
    },
    {
        .type = PROPERTY_STR,
        .name = "tls_key_file",
        .description = "A PEM file with the key of tls_crt_file.",
    },
    {
        .type = PROPERTY_TIME,
        .name = "connect_timeout",
        .default_value = "5",
        .description = "How long it may take to connect to a receiver, handshakes included.",
    },
    {
        .type = PROPERTY_TIME,
        .name = "send_timeout",
        .default_value = "10",
        .description = "How long a message may take until the receiver has acknowledged it.",
    },
};
