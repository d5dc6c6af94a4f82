//! The derive macros, documented here so that `brocomm-derive` does not depend on this crate for
//! its examples.

/// Implements a Bro record for a struct with named fields.
///
/// ```
/// use std::collections::BTreeSet;
/// use brocomm::Record;
/// use brocomm::data::{BroType, ToValue, Type, Value};
///
/// #[derive(Debug, PartialEq, Record)]
/// #[bro(name = "Scan::Info")]
/// struct Info {
///     #[bro(log)]
///     host: std::net::IpAddr,
///     #[bro(name = "type")]
///     kind: Option<String>,
///     ports: BTreeSet<u16>,
///     #[bro(default = 1)]
///     tries: u64,
/// }
///
/// assert_eq!(
///     Info::bro_type().to_string(),
///     "record { host:addr; type:string; ports:set[count]; tries:count; }",
/// );
/// let ports = [22, 443].into();
/// let info = Info { host: [10, 0, 0, 1].into(), kind: None, ports, tries: 2 };
/// let value = info.to_value();
/// assert_eq!(value.to::<Info>(), Ok(info));
///
/// let Value::Record(mut record) = value else { panic!() };
/// std::sync::Arc::make_mut(&mut record).fields[0] = None;
/// let error = Info::try_from(Value::Record(record)).unwrap_err();
/// assert_eq!(error.to_string(), "$host: unset or absent");
/// ```
///
/// ```compile_fail
/// #[derive(brocomm::Record)]
/// struct Tree { left: Option<Box<Tree>> }
/// ```
///
/// A field with an unsupported type is a compile error that lists the supported types:
///
/// ```compile_fail,E0277
/// #[derive(brocomm::Record)]
/// struct Letter { first: char }
/// ```
///
/// ```compile_fail,E0391
/// #[derive(brocomm::Record)]
/// struct Directory { files: Vec<File> }
///
/// #[derive(brocomm::Record)]
/// struct File { within: Option<Box<Directory>> }
/// ```
pub use brocomm_derive::Record;

/// Implements a Bro enum for an enum without fields.
///
/// ```
/// use brocomm::Enum;
/// use brocomm::data::{EnumValue, Name, ToValue, Type, Value};
///
/// #[derive(Debug, PartialEq, Enum)]
/// #[bro(name = "Notice::Type", rename_all = "SCREAMING_SNAKE_CASE")]
/// enum Notice {
///     Tally,
///     #[bro(name = "Scan::Address_Scan")]
///     AddressScan = 5,
///     PortScan,
/// }
///
/// let value = Notice::PortScan.to_value();
/// assert_eq!(value.to_string(), "Notice::PORT_SCAN");
/// assert_eq!(value.to::<Notice>(), Ok(Notice::PortScan));
///
/// // The peer may use other numbers.
/// let names: Vec<(Name, i64)> = vec![("Scan::Address_Scan".into(), 1), ("Scan::Other".into(), 2)];
/// let ty = Type::enumeration("Notice::Type", names);
/// let constant = |number| Value::Enum(EnumValue { ty: ty.clone(), number });
/// assert_eq!(constant(1).to::<Notice>(), Ok(Notice::AddressScan));
/// let error = constant(2).to::<Notice>().unwrap_err();
/// assert_eq!(error.to_string(), "Notice::Type has no constant Scan::Other");
/// ```
pub use brocomm_derive::Enum;

/// Implements an event for a struct. Its fields, named or not, are the arguments in order.
///
/// ```
/// use brocomm::Event;
/// use brocomm::data::EventType;
///
/// #[derive(Debug, PartialEq, Event)]
/// #[bro(name = "Scan::seen")]
/// struct ScanSeen {
///     host: std::net::IpAddr,
///     ports: Vec<u16>,
/// }
///
/// let scan = ScanSeen { host: [10, 0, 0, 1].into(), ports: vec![22, 443] };
/// let event = scan.to_event();
/// assert_eq!((event.name.as_str(), event.args.len()), (Some("Scan::seen"), 2));
/// assert_eq!(ScanSeen::from_event(&event), Ok(scan));
/// assert_eq!(ScanSeen::declaration().params[1].ty.to_string(), "vector of count");
/// ```
///
/// A parameter with an unsupported type is a compile error that lists the supported types:
///
/// ```compile_fail,E0277
/// #[derive(brocomm::Event)]
/// struct Measured { value: f32 }
/// ```
pub use brocomm_derive::Event;
