//! Several subscribers, and subscribers to one type of event.

use brocomm::data::{
    BroType, ConversionError, EventType, Field, FromValue, SignatureErrorKind, ToValue,
};
use brocomm::lowlevel::driver::SubscribeError;
use brocomm::node::Overflow;
use brocomm_transport::Received;

use super::pressure::queue;
use super::*;

/// A hand-written version of what `#[derive(Event)]` generates.
#[derive(Debug, PartialEq)]
struct Ping {
    n: u8,
    text: String,
}

impl EventType for Ping {
    const NAME: &'static str = "ping";

    fn params() -> &'static [Field] {
        static PARAMS: std::sync::OnceLock<[Field; 2]> = std::sync::OnceLock::new();
        PARAMS.get_or_init(|| {
            let field = |name: &'static str, ty| Field { name: name.into(), ty, attributes: None };
            [field("n", u8::bro_type()), field("s", String::bro_type())]
        })
    }

    fn to_args(&self) -> Vec<Value> {
        vec![self.n.to_value(), self.text.to_value()]
    }

    fn from_args(args: &[Value]) -> Result<Ping, ConversionError> {
        Ok(Ping { n: u8::from_value(&args[0])?, text: String::from_value(&args[1])? })
    }
}

/// An event that is not declared.
#[derive(Debug)]
struct Other;

impl EventType for Other {
    const NAME: &'static str = "other";

    fn params() -> &'static [Field] {
        &[]
    }

    fn to_args(&self) -> Vec<Value> {
        vec![]
    }

    fn from_args(_: &[Value]) -> Result<Other, ConversionError> {
        Ok(Other)
    }
}

pub(crate) async fn events_arrive_although_other_notifications_are_not_read(stream: Stream) {
    const COUNT: u64 = 3000;
    let here = Node::start(configuration(stream, listening(), vec![anyone("ping")])).unwrap();
    let mut pings = here.events::<Ping>().unwrap();
    let mut notifications = here.subscribe();
    let port = find(&mut notifications, |notification| match notification {
        Notification::Listening(Endpoint { port, .. }) => Some(*port),
        _ => None,
    });
    let port = port.await;
    drop(notifications);
    let (there, mut notifications) = start(stream, Options::default(), vec![at(port, "pong")]);
    running(&mut notifications).await;
    let raise = async {
        for n in 0..COUNT {
            there.raise(small("ping", n % 200)).await.unwrap();
        }
    };
    let take = async {
        for n in 0..COUNT {
            let (_, ping) = pings.next().await.unwrap().unwrap();
            assert_eq!(u64::from(ping.n), n % 200);
        }
    };
    zip(raise, take).await;
}

pub(crate) async fn the_log_names_a_stalled_subscriber_and_others_continue(stream: Stream) {
    let ours = Options { incoming: queue(10, Overflow::Block), ..listening() };
    let (here, mut notifications, port) = listener(stream, ours, vec![anyone("ping")]).await;
    let unread = here.events::<Ping>().unwrap();
    let lossy = Subscription::new("lossy").overflow(Overflow::DropOldest);
    let lossy = here.subscribe_with(lossy);
    let disconnected = Subscription::new("disconnected").overflow(Overflow::Disconnect);
    let mut disconnected = here.subscribe_with(disconnected);
    let (there, mut their_notifications) =
        start(stream, Options::default(), vec![at(port, "pong")]);
    zip(running(&mut notifications), running(&mut their_notifications)).await;
    for n in 0..100 {
        there.raise(small("ping", n)).await.unwrap();
    }
    let line = find(&mut notifications, |notification| match notification {
        Notification::Log(entry) => match &entry.line {
            CommLogLine::SubscriberStalled { name, .. } => Some(name.clone()),
            _ => None,
        },
        _ => None,
    });
    let name = line.await;
    let (event, place) = name.split_once(' ').unwrap();
    assert!(event == "ping" && place.contains("subscribing.rs:"), "{name}");
    // The node still works meanwhile.
    assert_eq!(here.raise(small("pong", 7)).await.unwrap().peers, 1);
    assert_eq!(here.flush(LONG).await, []);
    assert_eq!(numbers(&mut their_notifications, 1).await, [7]);
    drop(unread);
    assert_eq!(numbers(&mut notifications, 90).await.len(), 90);
    assert!(lossy.dropped() > 0);
    while disconnected.next().await.is_some() {}
    assert!(disconnected.is_disconnected() && disconnected.is_over());
    assert_eq!(here.terminate().await, []);
}

pub(crate) async fn several_subscribers_get_all_notifications(stream: Stream) {
    let [(here, mut notifications), (there, _told_there)] =
        pair(stream, listening(), Options::default()).await;
    let (mut second, third) = (here.subscribe(), here.subscribe());
    for n in 0..10 {
        there.raise(small("ping", n)).await.unwrap();
    }
    // The second subscriber gets everything although the first and the third have not read.
    assert!(numbers(&mut second, 10).await.into_iter().eq(0..10));
    assert!(numbers(&mut notifications, 10).await.into_iter().eq(0..10));
    drop(third);
    there.raise(small("ping", 10)).await.unwrap();
    drop(notifications);
    assert_eq!(numbers(&mut second, 1).await, [10]);
    let end = async {
        assert_eq!(here.terminate().await, []);
    };
    let (rest, ()) = zip(rest(&mut second), end).await;
    assert_eq!(rest, (vec![], vec![]));
}

pub(crate) async fn events_are_returned_as_rust_values(stream: Stream) {
    let [(here, notifications), (there, _told_there)] =
        pair(stream, listening(), Options::default()).await;
    drop(notifications);
    let error = here.events::<Other>().map(drop).unwrap_err();
    assert!(
        matches!(&error, SubscribeError::Event(it) if it.kind == SignatureErrorKind::Undeclared)
    );
    let mut pings = here.events::<Ping>().unwrap();
    for n in [1, 1000, 2] {
        there.raise(small("ping", n)).await.unwrap();
    }
    let (peer, ping) = pings.next().await.unwrap().unwrap();
    assert_eq!(ping, Ping::from_event(&small("ping", 1)).unwrap());
    assert!(here.with(|node, _| node.peer(peer.id).is_some()));
    let error = pings.next().await.unwrap().unwrap_err();
    assert!(matches!(&error.received, Received::Event(name) if name == "ping"), "{error}");
    assert_eq!(error.peer.id, peer.id);
    let (_, ping) = pings.next().await.unwrap().unwrap();
    assert_eq!(ping.n, 2);
    there.terminate().await;
    here.terminate().await;
    assert!(pings.next().await.is_none());
}
