//! Several who take notifications, or events of one type.

use brocomm::data::{
    BroType, ConversionError, EventType, Field, FromValue, SignatureErrorKind, ToValue,
};

use super::*;

/// What `#[derive(Event)]` makes, written by hand.
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

/// One that nobody has declared.
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

pub(crate) async fn several_get_all_that_is_told(stream: Stream) {
    let [(here, mut told), (there, _told_there)] =
        pair(stream, listening(), Options::default()).await;
    let (mut second, third) = (here.subscribe(), here.subscribe());
    for n in 0..10 {
        there.raise(small("ping", n)).await.unwrap();
    }
    // The first need not take anything for the second to get it, nor the third ever.
    assert!(numbers(&mut second, 10).await.into_iter().eq(0..10));
    assert!(numbers(&mut told, 10).await.into_iter().eq(0..10));
    drop(third);
    there.raise(small("ping", 10)).await.unwrap();
    drop(told);
    assert_eq!(numbers(&mut second, 1).await, [10]);
    let end = async {
        assert_eq!(here.terminate().await, []);
    };
    let (rest, ()) = zip(rest(&mut second), end).await;
    assert_eq!(rest, (vec![], vec![]));
}

pub(crate) async fn events_come_as_rust_values(stream: Stream) {
    let [(here, told), (there, _told_there)] = pair(stream, listening(), Options::default()).await;
    drop(told);
    let error = here.events::<Other>().map(drop).unwrap_err();
    assert_eq!(error.kind, SignatureErrorKind::Undeclared);
    let mut pings = here.events::<Ping>().unwrap();
    for n in [1, 1000, 2] {
        there.raise(small("ping", n)).await.unwrap();
    }
    let (peer, ping) = pings.next().await.unwrap().unwrap();
    assert_eq!(ping, Ping::from_event(&small("ping", 1)).unwrap());
    assert!(here.with(|node, _| node.peer(peer.id).is_some()));
    let error = pings.next().await.unwrap().unwrap_err();
    assert!(error.to_string().starts_with("ping: "), "{error}");
    let (_, ping) = pings.next().await.unwrap().unwrap();
    assert_eq!(ping.n, 2);
    there.terminate().await;
    here.terminate().await;
    assert!(pings.next().await.is_none());
}
