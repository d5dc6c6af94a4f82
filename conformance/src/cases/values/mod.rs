//! Cases about values (2§1, 2§2, 2§4, 2§6).

mod broken;
mod containers;
mod scalars;

use brocomm::data::{Declarations, Type, Value};
use brocomm::lowlevel::wire::DataFormat;

use crate::suite::{Case, Outcome, Stop, Trial};

pub(super) fn cases() -> Vec<Case> {
    [scalars::cases(), containers::cases(), broken::cases()].concat()
}

/// Returns a case that has values of one type echoed. The values are in Bro's notation.
fn echoes(
    id: &str,
    title: &str,
    description: &str,
    ty: &'static str,
    values: &'static [&'static str],
) -> Case {
    let title = format!("{title} are returned unchanged");
    let description = format!("{description} Sends, one by one: {}.", values.join("; "));
    let has_ipv6 = values.iter().any(|value| value.contains("::"));
    let since = if has_ipv6 { DataFormat::V22 } else { DataFormat::V21 };
    let case = Case::must(id, title, description, move |trial| {
        let values: Vec<Value> =
            values.iter().map(|text| value(ty, text)).collect::<Outcome<_>>()?;
        all_echoed(trial, values)
    });
    case.since(since)
}

/// Has values echoed on one connection and checks that each returns unchanged, with the same type.
fn all_echoed(trial: &mut Trial<'_>, values: impl IntoIterator<Item = Value>) -> Outcome {
    let mut peer = trial.running()?;
    for value in values {
        peer.echo(&value)?;
    }
    peer.answers()
}

/// Parses a value in Bro's notation.
fn value(ty: &str, text: &str) -> Outcome<Value> {
    let none = Declarations::new();
    of_type(&Type::parse(ty, &none).or_else(|error| unreadable(&error))?, text)
}

/// Parses a value of a type in Bro's notation.
fn of_type(ty: &Type, text: &str) -> Outcome<Value> {
    Value::parse(text, Some(ty), &Declarations::new()).or_else(|error| unreadable(&error))
}

fn unreadable<T>(error: &dyn std::fmt::Display) -> Outcome<T> {
    Stop::inconclusive(format!("the suite cannot read its own value: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_in_scripts() {
        assert!(value("set[port]", "set(80/tcp)").unwrap().to_line().contains("80/tcp"));
        assert!(matches!(value("count", "x"), Err(Stop::Inconclusive(_))));
    }
}
