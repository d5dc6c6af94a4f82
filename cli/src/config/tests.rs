use std::path::Path;
use std::time::Duration;

use brocomm::node::{Bound, NodeConfig, Options, PeerConfig};

use super::load::{all, read};
use super::reader::Source;
use super::reference::{entries, is_value, render, uncommented};
use super::{EXAMPLE, Outputs};

fn loaded(text: &str) -> NodeConfig {
    let read = read(Path::new("node.toml"), text);
    read.unwrap_or_else(|problems| panic!("{problems:?}")).0
}

fn problems(text: &str) -> Vec<String> {
    let problems = read(Path::new("node.toml"), text).err().expect("something is wrong");
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn the_example_is_the_default_configuration() {
    assert_eq!(loaded(EXAMPLE), NodeConfig::default());
    assert_eq!(loaded(""), NodeConfig::default());
}

/// Reading a table names every field, or it would not compile. So the example must have every field
/// too.
#[test]
fn the_example_has_every_key() {
    let text = uncommented(EXAMPLE);
    let mut source = Source::new(&text);
    let (configuration, _, other) =
        all(Path::new("node.toml"), &text, &mut source, &mut Outputs::default());
    assert_eq!((source.problems, other), (vec![], vec![]));
    for key in source.asked.into_keys() {
        assert!(source.places.contains_key(&key), "{key} is not in the example");
    }
    assert_eq!(configuration.nodes.len(), 1);
    assert_eq!(configuration.declarations.events.len(), 2);
}

#[test]
fn the_example_shows_the_defaults() {
    // The files that it names are not here.
    let text = uncommented(EXAMPLE);
    let (configuration, files, _) =
        all(Path::new("node.toml"), &text, &mut Source::new(&text), &mut Outputs::default());
    let NodeConfig { options, nodes, .. } = configuration;
    let default = Options::default();
    assert_eq!(files.ssl_private_key.as_deref(), Some("node.pem"));
    assert_eq!(options.retry_backoff.unwrap().max, Duration::from_secs(600));
    // All other options have their defaults.
    let options = Options { retry_backoff: None, ..options };
    assert_eq!(options, default);

    let (name, node) = &nodes[0];
    let default = PeerConfig::new("fe80::1".parse().unwrap());
    assert_eq!(name, "sensor");
    assert_eq!(node.store_and_forward, Some(Bound::new(10_000, 16 << 20)));
    assert_eq!((node.accept_input, node.host), (default.accept_input, default.host));
    assert_ne!(*node, default);
}

/// The options are compared with the defaults above.
#[test]
fn the_stated_defaults_of_peers_are_correct() {
    let node = |text: &str| {
        let text = format!("[nodes.a]\nhost = '::1'\n{text}");
        let (configuration, ..) =
            all(Path::new(""), &text, &mut Source::new(&text), &mut Outputs::default());
        configuration.nodes[0].1.clone()
    };
    let mut checked = 0;
    for entry in entries(EXAMPLE) {
        let Some(key) = entry.path.strip_prefix("nodes.sensor.") else { continue };
        let stated = entry.stated_default.unwrap_or_else(|| panic!("{key}: no default is stated"));
        if is_value(&stated) {
            assert_eq!(node(&format!("{key} = {stated}")), node(""), "{key}");
            checked += 1;
        }
    }
    assert_eq!(checked, 7);
}

#[test]
fn the_reference_describes_every_key() {
    let page = render(EXAMPLE).unwrap();
    for part in [
        "\n## Listening\n\n### `listen`\n\nWhether to listen for peers.\n\n\
         * Type: `true` or `false`\n* Default: `false`\n* Example: `listen = true`\n\n",
        "\n### `outgoing.overflow`\n\nWhat happens when the queue is full: \"block\" (the sender waits), \
         \"drop_newest\", \"drop_oldest\" or \"disconnect\".\n\n\
         * Type: `\"block\"` or `\"drop_newest\"` or `\"drop_oldest\"` or `\"disconnect\"`\n\
         * Default: `\"block\"`\n* Example: `outgoing.overflow = \"block\"`\n",
        "\n### `keep_alive`\n\nTCP keep-alive, which detects vanished peers. keep_alive = false \
         disables it.\n\n* Type: table, or `false`\n\
         * Example: `[keep_alive]`, with the keys below\n",
        "\n### `nodes.NAME.host`\n\nThe peer's address.\n\n\
         * Type: address, IPv4 or IPv6, in quotes\n* Default: none; required\n\
         * Example: `nodes.sensor.host = \"fe80::1\"`\n",
    ] {
        assert!(page.contains(part), "{part}\n  is not in\n{page}");
    }
}

#[test]
fn missing_keys_in_the_reference_are_errors() {
    let without = |line: &str| {
        assert!(EXAMPLE.contains(line), "{line}");
        render(&EXAMPLE.replacen(line, "", 1)).unwrap_err()
    };
    assert_eq!(without("#listen_retry = \"30 secs\"\n"), ["listen_retry is not in the example"]);
    assert_eq!(without("# Whether to listen for peers.\n"), ["listen has no meaning"]);
    assert_eq!(without("# A chunk, in bytes.\n"), ["wire_limits.chunk has no meaning"]);
    let more = EXAMPLE.replacen("#listen = false\n", "#listen = false\n# What?\n#what = 1\n", 1);
    assert_eq!(render(&more).unwrap_err(), ["what: there is no such key", "what is not read"]);
}

#[test]
fn values_may_be_written_in_several_ways() {
    let configuration = loaded(
        "listen = true\nlisten_interface = '[::]'\nlisten_ipv6 = true\nlisten_port = '47760/tcp'\n\
         listen_retry = 0.5\nremote_trace_sync_interval = '1.5 min'\nkeep_alive = false\n\
         cache_size = 0x10\n[outgoing]\noverflow = 'drop_oldest'\n\
         [nodes.z]\nhost = '::1'\nclass = ''\nevents = '/a|b/'\n[nodes.\"a b\"]\nhost = '10.0.0.1'\n",
    );
    let options = configuration.options;
    assert_eq!((options.listen_port, options.cache_size), (47760, 16));
    assert_eq!(options.listen_retry, Duration::from_millis(500));
    assert_eq!(options.remote_trace_sync_interval, Duration::from_secs(90));
    assert_eq!((options.keep_alive, options.outgoing.bound.events), (None, 10_000));
    // The entries must keep the order of the file, since the first match applies.
    let names: Vec<_> = configuration.nodes.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["z", "a b"]);
    let z = &configuration.nodes[0].1;
    assert_eq!((z.class.as_deref(), z.events.as_ref().unwrap().source()), (Some(&b""[..]), "a|b"));
}

#[test]
fn zones_are_part_of_an_address_or_separate() {
    for (interface, host) in [
        ("listen_interface = 'fe80::1%eth0'", "host = '[fe80::2%eth1]'"),
        (
            "listen_interface = 'fe80::1'\nlisten_ipv6_zone_id = 'eth0'",
            "host = 'fe80::2'\nzone_id = 'eth1'",
        ),
        (
            "listen_interface = 'fe80::1%eth0'\nlisten_ipv6_zone_id = 'eth0'",
            "host = 'fe80::2%eth1'\nzone_id = 'eth1'",
        ),
    ] {
        let NodeConfig { options, nodes, .. } =
            loaded(&format!("listen_ipv6 = true\n{interface}\n[nodes.a]\n{host}\n"));
        let listens = (options.listen_interface.to_string(), options.listen_ipv6_zone_id);
        assert_eq!(listens, ("fe80::1".to_owned(), "eth0".to_owned()));
        let peer = (nodes[0].1.host.to_string(), nodes[0].1.zone_id.as_deref());
        assert_eq!(peer, ("fe80::2".to_owned(), Some("eth1")));
    }
}

#[test]
fn errors_show_the_value_and_what_is_expected() {
    for (text, wanted) in [
        ("listen = 1", "1:10: listen = 1: expected true or false"),
        ("cache_size = -1", "1:14: cache_size = -1: expected a whole number from 0 to 4294967295"),
        (
            "listen_port = '53/udp'",
            "1:15: listen_port = '53/udp': expected a port, 0 to 65535, or as in \"47757/tcp\"",
        ),
        (
            "listen_retry = '-5 secs'",
            "1:16: listen_retry = '-5 secs': expected a time, as in \"30 secs\", \"5 min\", or a number of seconds",
        ),
        (
            "listen_interface = '192.0.2.1%eth0'",
            "1:20: listen_interface = '192.0.2.1%eth0': expected an address, as in \"192.0.2.1\", \"2001:db8::1\" or \"fe80::1%eth0\"",
        ),
        (
            "listen_interface = 'lo'",
            "1:20: listen_interface = 'lo': expected an address, as in \"192.0.2.1\", \"2001:db8::1\" or \"fe80::1%eth0\"",
        ),
        (
            "listen_interface = 'fe80::1%eth0'\nlisten_ipv6_zone_id = 'eth1'\nlisten_ipv6 = true",
            "1:20: listen_interface = 'fe80::1%eth0': the zone's key says \"eth1\"; set it once",
        ),
        ("peer_description = 5", "1:20: peer_description = 5: expected a string, in quotes"),
        (
            "undeclared = 'deliverr'",
            "1:14: undeclared = 'deliverr': expected one of \"ignore\", \"deliver\"; did you mean `deliver`?",
        ),
        ("listn = true", "1:1: listn: there is no such key; did you mean `listen`?"),
        ("xyz = 1", "1:1: xyz: there is no such key"),
        (
            "[nodes.a]\nhost = '::1'\nport = 1",
            "3:1: nodes.a.port: there is no such key; did you mean `p`?",
        ),
        ("outgoing = 5", "1:12: outgoing = 5: expected a table"),
        (
            "[outgoing]\nevent = 5",
            "2:1: outgoing.event: there is no such key; did you mean `events`?",
        ),
        ("[retry_backoff]\nfactor = 2\njitter = 0", "1:1: retry_backoff.max is missing"),
        ("[nodes.a]\np = 1", "1:8: nodes.a.host is missing"),
        (
            "[nodes.a]\nhost = '::1'\nevents = 'a(b'",
            "3:10: nodes.a.events = 'a(b': invalid pattern, column 2: `(` without `)`; write `\\(` for the character itself",
        ),
        ("[nodes.a]\nhost = true", "2:8: nodes.a.host = true: expected a string, in quotes"),
        ("nodes = []", "1:9: nodes = []: expected a table"),
        ("declaration_files = 'x'", "1:21: declaration_files = 'x': expected an array of files"),
        ("compression_level = 10", "1:21: compression_level = 10: must be 0 (none) to 9 (best)"),
    ] {
        assert_eq!(problems(text), [format!("node.toml:{wanted}")], "{text}");
    }
}

#[test]
fn errors_in_declarations_have_positions() {
    for (text, at) in [
        ("declarations = 'event a(b: cout);'", "1:28"),
        ("declarations = '''\nevent x();\nevent a(b: cout);'''", "3:12"),
        ("\ndeclarations = \"\"\"event a(b: cout);\"\"\"", "2:30"),
    ] {
        let wanted = format!("node.toml:{at}: declarations: no type is named `cout`");
        assert_eq!(problems(text), [wanted], "{text}");
    }
}

#[test]
fn errors_are_in_the_order_of_the_file() {
    let text = "listen_retry = 0\nlisten = 1\n[nodes.a]\nhost = 1\nauth = true\n[nodes.b]\n\
                host = '192.0.2.1'\nretry = 5\nfoo = 1\n";
    let lines: Vec<String> = problems(text)
        .iter()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        lines,
        [
            "node.toml:1:16: listen_retry",
            "node.toml:2:10: listen",
            "node.toml:4:8: nodes.a.host",
            "node.toml:5:8: nodes.a.auth",
            "node.toml:8:9: nodes.b.retry",
            "node.toml:9:1: nodes.b.foo:",
        ]
    );
}

#[test]
fn toml_errors_are_reported_with_the_others() {
    let found = problems("listen = = 1\ncompression_level = 'a'\nlisten = true\n");
    assert!(found[0].starts_with("node.toml:1:"), "{found:?}");
    assert!(
        found.iter().any(|line| line.contains("compression_level = 'a': expected")),
        "{found:?}"
    );
}
