//! Tests of `[kafka]`, with the mock cluster that librdkafka runs within the program.

use std::thread::yield_now;

use crate::spool::{Nodes, metrics, metrics_address};
use crate::support::{Program, run};

#[test]
fn spooled_entries_are_produced_and_counted() {
    for more in ["", "topic_name = ''\n", "tag_json = true\nkey = 'none'\n"] {
        let kafka = format!("[kafka]\n{more}kafka_conf = {{ 'test.mock.num.brokers' = 3 }}\n");
        let nodes = Nodes::new("kafka-mock", &kafka);
        let mut node = Program::start(nodes.command_with_metrics());
        let address = metrics_address(&mut node);
        assert_eq!(nodes.send(&mut node, 0..300).end().code, 0);
        let counted = loop {
            let counted = metrics(&address);
            let is_done = counted["brocomm_sink_lag_entries{sink=\"kafka\"}"] == 0.0;
            if is_done && counted["brocomm_spool_entries_total"] >= 300.0 {
                break counted;
            }
            yield_now();
        };
        let of = |name: &str| counted[&format!("brocomm_sink_{name}{{sink=\"kafka\"}}")];
        assert_eq!((of("sent_total"), of("acknowledged_total")), (300.0, 300.0));
        assert_eq!((of("refused_total"), of("missed_total"), of("connected")), (0.0, 0.0, 1.0));
        node.signal("-TERM");
        let ended = node.end();
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert!(ended.stderr.contains("Kafka 127.0.0.1:9092: entries are acknowledged"));
    }
}

#[test]
fn wrong_options_start_nothing() {
    for (more, expected) in [
        ("kafka_conf = { 'no.such' = 1 }", "no.such: there is no such option of librdkafka"),
        ("kafka_conf = { 'security.protocol' = 'ssl' }", "OpenSSL not available at build time"),
        (
            "kafka_conf = { 'sasl.username' = 'a' }\npassword_file = 'no-such-file'",
            "no-such-file: cannot read: no such file",
        ),
    ] {
        let nodes = Nodes::new("kafka-options", &format!("[kafka]\n{more}\n"));
        let run = run(nodes.command());
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(run.stderr.contains(expected), "{}", run.stderr);
    }
}
