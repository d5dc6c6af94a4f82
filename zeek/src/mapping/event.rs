//! Maps events.

use brocomm::data::{Declarations, Event, EventDecl, Field, Name, Step, Type};

use super::{Context, Options, Refusal, RefusalKind, to_bro, to_zeek};
use crate::message::{NETWORK_TIMESTAMP, ZeekEvent};
use crate::{Data, mapping::time};

/// A mapping of events between Bro and Zeek.
///
/// ```
/// use brocomm::data::{Declarations, Event};
/// use brocomm_zeek::{mapping, signatures};
///
/// let mut bro = Declarations::new();
/// bro.read("type Scan: record { host: addr; tries: count; }; event scan(s: Scan);")?;
/// let mut zeek = signatures::base();
/// signatures::read(
///     "type Scan: record { tries: count; host: addr; note: string &optional; };
///      global scan: event(s: Scan) &is_used;",
///     &mut zeek,
/// )?;
/// let mapping = mapping::Mapping::new(bro, zeek, mapping::Options::default());
///
/// let event = Event::parse("scan([$host=10.0.0.1, $tries=3])", mapping.bro())?;
/// let sent = mapping.to_zeek(&event, "scan")?;
/// let back = mapping.to_bro(&sent, "scan")?;
/// assert_eq!(back.args, event.args);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Mapping {
    bro: Declarations,
    zeek: Declarations,
    options: Options,
}

impl Mapping {
    /// Creates a mapping from the declarations of both sides. An event that Bro's side doesn't
    /// declare has the same parameters there as on Zeek's side.
    pub fn new(bro: Declarations, zeek: Declarations, options: Options) -> Mapping {
        Mapping { bro, zeek, options }
    }

    /// Returns the declarations of Bro's side.
    pub fn bro(&self) -> &Declarations {
        &self.bro
    }

    /// Returns the declarations of Zeek's side.
    pub fn zeek(&self) -> &Declarations {
        &self.zeek
    }

    /// Converts an event to Zeek, where it gets this name.
    ///
    /// # Errors
    ///
    /// The event cannot be converted.
    pub fn to_zeek(&self, event: &Event, name: impl AsRef<[u8]>) -> Result<ZeekEvent, Refusal> {
        let declared = self.declared(name.as_ref())?;
        check_count(declared, event.args.len())?;
        let arg = |(at, (value, param)): (usize, (_, &Field))| {
            to_zeek::data(value, &param.ty, self.context(), 0)
                .map_err(|refusal| refusal.within(Step::Argument(at)))
        };
        let args = event.args.iter().zip(&declared.params).enumerate().map(arg);
        Ok(ZeekEvent {
            name: declared.name.clone(),
            args: args.collect::<Result<_, _>>()?,
            metadata: Vec::new(),
        })
    }

    /// Returns the metadata with the event's time, if Zeek can represent it. A Zeek that doesn't
    /// add times itself ignores it, except in handlers.
    pub fn timestamp(event: &Event) -> Option<(u64, Data)> {
        let nanos = time::time_nanos(event.time).ok().filter(|nanos| *nanos > 0)?;
        Some((NETWORK_TIMESTAMP, Data::Timestamp(nanos)))
    }

    /// Converts an event to Bro, where it gets this name. Its time is that of the metadata, or 0.
    ///
    /// # Errors
    ///
    /// The event cannot be converted.
    pub fn to_bro(&self, event: &ZeekEvent, name: impl AsRef<[u8]>) -> Result<Event, Refusal> {
        let declared = self.declared(&event.name)?;
        check_count(declared, event.args.len())?;
        let name = name.as_ref();
        let own = self.bro.event(name);
        let params = own.map_or(declared.params.as_slice(), |own| own.params.as_slice());
        if params.len() != event.args.len() {
            let (expected, found) = (params.len(), event.args.len());
            return Err(RefusalKind::ArgumentCount { expected, found }.into());
        }
        let arg = |(at, ((data, zeek), bro)): (usize, ((_, &Field), &Field))| {
            to_bro::value(data, &zeek.ty, &bro.ty, self.context(), 0)
                .map_err(|refusal| refusal.within(Step::Argument(at)))
        };
        let args = event.args.iter().zip(&declared.params).zip(params).enumerate().map(arg);
        let time = event.time().and_then(|nanos| time::time(nanos).ok()).unwrap_or_default();
        let name =
            own.map_or_else(|| Name::from_bytes(name.to_vec().into()), |own| own.name.clone());
        Ok(Event { name, time, args: args.collect::<Result<_, _>>()? })
    }

    /// Converts an undeclared event to Bro. The types are guessed from the values, and records
    /// become vectors.
    ///
    /// # Errors
    ///
    /// The type of a value cannot be guessed.
    pub fn guess(&self, event: &ZeekEvent) -> Result<Event, Refusal> {
        let arg = |(at, data)| {
            super::untyped::value(data, &Type::ANY, self.context(), 0)
                .map_err(|refusal| refusal.within(Step::Argument(at)))
        };
        let args = event.args.iter().enumerate().map(arg).collect::<Result<_, _>>()?;
        let time = event.time().and_then(|nanos| time::time(nanos).ok()).unwrap_or_default();
        Ok(Event { name: event.name.clone(), time, args })
    }

    /// Converts an event to Zeek that is not declared there. The values keep their types, and
    /// records keep the order of their fields.
    ///
    /// # Errors
    ///
    /// A value cannot be converted.
    pub fn guess_zeek(&self, event: &Event) -> Result<ZeekEvent, Refusal> {
        let arg = |(at, value)| {
            super::untyped::data(value, self.context(), 0)
                .map_err(|refusal| refusal.within(Step::Argument(at)))
        };
        let args = event.args.iter().enumerate().map(arg).collect::<Result<_, _>>()?;
        Ok(ZeekEvent { name: event.name.clone(), args, metadata: Vec::new() })
    }

    fn context(&self) -> Context<'_> {
        Context { options: self.options, zeek: &self.zeek }
    }

    fn declared(&self, name: &[u8]) -> Result<&EventDecl, Refusal> {
        let undeclared = || RefusalKind::Undeclared(Name::from_bytes(name.to_vec().into()));
        self.zeek.event(name).ok_or_else(|| undeclared().into())
    }
}

fn check_count(declared: &EventDecl, found: usize) -> Result<(), Refusal> {
    let expected = declared.params.len();
    if expected == found {
        Ok(())
    } else {
        Err(RefusalKind::ArgumentCount { expected, found }.into())
    }
}
