//! Tests of the sink for Kafka with librdkafka's own mock cluster.

use std::time::Duration;

use brocomm_sinks::Report;
use brocomm_sinks::kafka::{ConfigError, KafkaConfig, run};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Headers, Message};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rdkafka::{Offset, TopicPartitionList};

use crate::publishing::{NOW, Publishing, SUBJECT, waits};

type Cluster = MockCluster<'static, DefaultProducerContext>;

fn cluster() -> Cluster {
    let cluster = MockCluster::new(3).unwrap();
    cluster.create_topic("zeek", 4, 3).unwrap();
    cluster
}

fn config(brokers: String) -> KafkaConfig {
    // The mock cluster is down only for moments.
    let options = [("reconnect.backoff.ms", "5"), ("reconnect.backoff.max.ms", "50")];
    let options = [&options[..], &[("retry.backoff.ms", "5"), ("retry.backoff.max.ms", "50")]];
    let options = options.concat().into_iter();
    KafkaConfig {
        window: 16,
        timeout: Duration::from_secs(20),
        retry: Duration::from_millis(5),
        retry_max: Duration::from_millis(50),
        options: options.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        ..KafkaConfig::new("here", vec![brokers])
    }
}

fn producing(config: KafkaConfig, entries: u64) -> Publishing {
    Publishing::start("kafka", entries, move |path, durable, end, counts, report| {
        run(path, &config, durable, end, counts, report)
    })
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Stored {
    partition: i32,
    key: Option<String>,
    id: String,
    payload: String,
}

/// Reads all partitions of a topic to their ends.
fn stored(brokers: &str, topic: &str) -> Vec<Stored> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "test")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .create()
        .unwrap();
    let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(30)).unwrap();
    let mut left: Vec<i32> =
        metadata.topics()[0].partitions().iter().map(|partition| partition.id()).collect();
    let mut list = TopicPartitionList::new();
    for partition in &left {
        list.add_partition_offset(topic, *partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&list).unwrap();
    let mut all = Vec::new();
    while !left.is_empty() {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        match consumer.poll(Duration::from_secs(30)).expect("there is more") {
            Ok(message) => {
                let headers = message.headers().unwrap();
                assert_eq!((headers.count(), headers.get(0).key), (1, "brocomm-id"));
                assert_eq!(message.timestamp().to_millis(), Some(1_500_000_000_000));
                all.push(Stored {
                    partition: message.partition(),
                    key: message.key().map(text),
                    id: text(headers.get(0).value.unwrap()),
                    payload: text(message.payload().unwrap()),
                });
            }
            Err(KafkaError::PartitionEOF(partition)) => left.retain(|it| *it != partition),
            Err(error) => panic!("{error}"),
        }
    }
    all
}

fn line(number: u64) -> String {
    format!("{{\"n\":{number}}}")
}

/// Checks that a topic has all entries once, in order.
fn check(brokers: &str, entries: u64) {
    let all = stored(brokers, "zeek");
    let payloads: Vec<&str> = all.iter().map(|stored| stored.payload.as_str()).collect();
    let expected: Vec<String> = (1..=entries).map(line).collect();
    assert_eq!(payloads, expected);
    for (stored, number) in all.iter().zip(1_u64..) {
        assert_eq!(stored.partition, all[0].partition);
        assert_eq!(stored.key.as_deref(), Some("here"));
        assert_eq!(stored.id, format!("here-{:x}-{number}", NOW.as_nanos()));
    }
}

#[test]
fn entries_are_produced_in_order_and_acknowledged() {
    let cluster = cluster();
    let brokers = cluster.bootstrap_servers();
    let mut producing = producing(config(brokers.clone()), 100);
    producing.wait();
    producing.add(50);
    producing.wait();
    let counts = producing.counts.clone();
    assert!(counts.is_connected());
    assert_eq!((counts.sent(), counts.acknowledged(), counts.refused()), (150, 150, 0));
    assert_eq!(producing.end(), [Report::Working]);
    assert!(!counts.is_connected());
    check(&brokers, 150);
}

#[test]
fn topics_are_those_of_zeek_kafka() {
    let cluster = cluster();
    let brokers = cluster.bootstrap_servers();
    let by_path = KafkaConfig { topic_name: String::new(), ..config(brokers.clone()) };
    let tagged = KafkaConfig { tag_json: true, key: false, ..config(brokers.clone()) };
    for config in [by_path, tagged] {
        let mut producing = Publishing::prepare("kafka");
        for (subject, line) in [
            ("zeek.logs.Conn::LOG.default.conn", &b"{\"a\":1}"[..]),
            ("zeek.logs.HTTP::LOG.default.http", b"{\"b\":2}"),
            ("brocomm.events.sensor.Site::alert", b"{}"),
        ] {
            producing.spool.append(NOW, subject, line).unwrap();
        }
        producing.spool.commit(NOW).unwrap();
        producing.begin(move |path, durable, end, counts, report| {
            run(path, &config, durable, end, counts, report)
        });
        producing.wait();
        producing.end();
    }
    let payloads = |topic: &str| {
        let mut all: Vec<String> =
            stored(&brokers, topic).into_iter().map(|stored| stored.payload).collect();
        all.sort();
        all
    };
    assert_eq!(payloads("conn"), ["{\"a\":1}"]);
    assert_eq!(payloads("http"), ["{\"b\":2}"]);
    assert_eq!(payloads("Site__alert"), ["{}"]);
    assert_eq!(
        payloads("zeek"),
        ["{\"Site::alert\": {}}", "{\"conn\": {\"a\":1}}", "{\"http\": {\"b\":2}}"]
    );
    assert!(stored(&brokers, "zeek").iter().all(|stored| stored.key.is_none()));
}

#[test]
fn broker_failures_lose_and_duplicate_nothing() {
    use RDKafkaRespErr::{
        RD_KAFKA_RESP_ERR__TRANSPORT as CLOSE, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS as FEW,
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION as NOT_LEADER,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT as LATE,
    };
    let cluster = cluster();
    let brokers = cluster.bootstrap_servers();
    let mut producing = producing(config(brokers.clone()), 20);
    producing.wait();
    for errors in [&[CLOSE][..], &[CLOSE, CLOSE], &[FEW, FEW, FEW], &[NOT_LEADER], &[LATE, CLOSE]] {
        cluster.request_errors(RDKafkaApiKey::Produce, errors);
        producing.add(40);
        producing.wait();
    }
    // All brokers are down, and afterwards another one is the leader.
    (1..=3).for_each(|broker| cluster.broker_down(broker).unwrap());
    producing.add(40);
    let reason = loop {
        let report = producing.reports.recv_timeout(Duration::from_secs(60)).unwrap();
        if let Report::Waiting { reason } = report {
            break reason;
        }
    };
    assert!(reason.contains("onnect") || reason.contains("brokers are down"), "{reason}");
    assert!(!producing.counts.is_connected());
    for partition in 0..4 {
        cluster.partition_leader("zeek", partition, Some(2)).unwrap();
    }
    (1..=3).for_each(|broker| cluster.broker_up(broker).unwrap());
    producing.wait();
    let counts = producing.counts.clone();
    assert_eq!((counts.acknowledged(), counts.refused(), counts.missed()), (260, 0, 0));
    producing.end();
    check(&brokers, 260);
}

#[test]
fn only_entries_that_are_too_large_are_left_out() {
    let too_large = RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    let cluster = cluster();
    let brokers = cluster.bootstrap_servers();
    let mut producing = Publishing::prepare("kafka");
    // The brokers refuse the first entry, and the client another one.
    cluster.request_errors(RDKafkaApiKey::Produce, &[too_large]);
    producing.add(2);
    producing.spool.append(NOW, SUBJECT, &vec![b'x'; 2_000_000]).unwrap();
    producing.spool.commit(NOW).unwrap();
    producing.add(1);
    let config = config(brokers.clone());
    producing.begin(move |path, durable, end, counts, report| {
        run(path, &config, durable, end, counts, report)
    });
    producing.wait();
    assert_eq!((producing.counts.refused(), producing.counts.acknowledged()), (2, 2));
    // An entry between others: all are resent, and the one that is refused again is left out.
    cluster.request_errors(RDKafkaApiKey::Produce, &[too_large]);
    producing.add(100);
    producing.wait();
    assert_eq!(producing.spool.durable(), 104);
    let refused = producing.counts.refused() - 2;
    assert!(refused <= 1, "{refused}");
    let reports = producing.end();
    let all = stored(&brokers, "zeek");
    for number in (5..=104).filter(|_| refused == 0) {
        let times = all.iter().filter(|stored| stored.payload == line(number)).count();
        assert!(times >= 1, "{number}");
    }
    assert!(all.len() <= 102 + 16, "{}", all.len());
    let reports: Vec<&Report> =
        reports.iter().filter(|report| matches!(report, Report::Refused { .. })).collect();
    assert!(
        matches!(reports[..], [Report::Refused { sequence: 1, reason }] if reason.contains("too large")),
        "{reports:?}"
    );
}

#[test]
fn errors_are_reported_and_overcome() {
    use RDKafkaRespErr::{
        RD_KAFKA_RESP_ERR_NO_ERROR as NONE, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED as DENIED,
    };
    let cluster = cluster();
    let brokers = cluster.bootstrap_servers();
    cluster.topic_error("zeek", DENIED).unwrap();
    let producing = producing(config(brokers.clone()), 20);
    let report = producing.reports.recv_timeout(Duration::from_secs(60)).unwrap();
    let Report::Waiting { reason } = report else { panic!("{report:?}") };
    assert!(reason.contains("Topic authorization failed"), "{reason}");
    assert_eq!(producing.counts.position(), 0);
    cluster.topic_error("zeek", NONE).unwrap();
    producing.wait();
    assert_eq!(producing.end().last(), Some(&Report::Working));
    check(&brokers, 20);
}

#[test]
fn an_unreachable_cluster_is_waited_for() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let producing = producing(config(closed.to_string()), 5);
    let report = producing.reports.recv_timeout(Duration::from_secs(60)).unwrap();
    let Report::Waiting { reason } = &report else { panic!("{report:?}") };
    assert!(reason.contains("Connection refused"), "{reason}");
    assert_eq!(producing.counts.position(), 0);
    assert_eq!(producing.counts.oldest(), Some(NOW));
    let counts = producing.counts.clone();
    // It still ends, and has reported the reason once.
    assert_eq!(waits(&producing.end()), "");
    assert_eq!(counts.acknowledged(), 0);
}

#[test]
fn the_window_limits_entries_in_flight() {
    let cluster = cluster();
    let config =
        KafkaConfig { timeout: Duration::from_millis(300), ..config(cluster.bootstrap_servers()) };
    let mut producing = producing(config, 1);
    producing.wait();
    (1..=3).for_each(|broker| {
        cluster.broker_round_trip_time(broker, Duration::from_secs(10)).unwrap();
    });
    // The reason for the first wait is irrelevant.
    producing.reports.try_iter().for_each(drop);
    producing.add(1000);
    while producing.counts.sent() < 17 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let reason = loop {
        match producing.reports.recv_timeout(Duration::from_secs(60)).unwrap() {
            Report::Waiting { reason } => break reason,
            _ => continue,
        }
    };
    assert!(reason.contains("in time") || reason.contains("timed out"), "{reason}");
    assert_eq!(producing.counts.sent(), 1 + 16);
    producing.end();
}

#[test]
fn options_are_checked_before_anything_starts() {
    let with = |key: &str, value: &str| {
        let options = vec![(key.to_owned(), value.to_owned())];
        KafkaConfig { options, ..KafkaConfig::new("n", vec!["127.0.0.1:1".to_owned()]) }.check()
    };
    assert_eq!(with("linger.ms", "50"), Ok(()));
    for (key, value, expected) in [
        ("lingerms", "1", "lingerms: there is no such option of librdkafka"),
        ("linger.ms", "x", "linger.ms: Invalid value"),
        ("bootstrap.servers", "x", "bootstrap.servers: cannot be set here: set `brokers`"),
        ("acks", "1", "`acks` must be set to `all`"),
    ] {
        let error = with(key, value).unwrap_err().to_string();
        assert!(error.contains(expected), "{key}: {error}");
    }
    for name in ["a b", "..", &"x".repeat(250)] {
        let config = KafkaConfig { topic_name: name.to_owned(), ..config(String::new()) };
        assert_eq!(config.check(), Err(ConfigError::TopicName));
    }
}
