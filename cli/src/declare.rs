//! Declarations on the command line.

use std::path::PathBuf;
use std::sync::Arc;

use brocomm::data::{Declarations, EventDecl, Name, Type};
use brocomm::lowlevel::commlog::CommLogMessage;
use brocomm::node::EventPattern;
use brocomm::notation::ParseError;

use crate::built_in;
use crate::failure::{Failure, misused, reason, warn};
use crate::scripts::Scripts;

/// Options that declare events and the types in them.
#[derive(Debug, clap::Args)]
pub(crate) struct Declare {
    /// Declare an event, as in 'ping(time, count)'. May be repeated.
    #[arg(long, value_name = "NAME(TYPE, …)")]
    event: Vec<String>,

    /// Bro scripts, or declarations of types and events in Bro's notation; may be repeated. Scripts
    /// that they load are searched for beside them and in BROPATH; bro-2.5.bro is built in.
    #[arg(long, value_name = "FILE")]
    declarations: Vec<PathBuf>,
}

impl Declare {
    /// Reads all declarations.
    pub(crate) fn read(&self) -> Result<Declarations, Failure> {
        let mut declared = Declarations::new();
        read(&self.declarations, &mut declared)?;
        for text in &self.event {
            let event = EventDecl::parse(text, &declared)
                .map_err(|error| misused(format_args!("--event: {}", pointed(text, &error))))?;
            add(event, &mut declared)?;
        }
        Ok(declared)
    }
}

/// Adds an event, unless it is declared with other types.
fn add(event: EventDecl, declared: &mut Declarations) -> Result<(), Failure> {
    let name = |ty: &Type| match ty.name() {
        name if name.is_empty() => ty.to_string(),
        name => name.to_string(),
    };
    let types = |event: &EventDecl| -> Vec<String> {
        event.params.iter().map(|field| name(&field.ty)).collect()
    };
    match declared.event(&event.name) {
        Some(known) if types(known) != types(&event) => {
            let (name, known) = (&event.name, types(known).join(", "));
            Err(misused(format_args!("--event: {name} is already declared as {name}({known})")))
        }
        _ => {
            declared.add_event(event);
            Ok(())
        }
    }
}

/// Adds the declarations in files, each once.
pub(crate) fn read(files: &[PathBuf], declared: &mut Declarations) -> Result<(), Failure> {
    let mut scripts = Scripts::default();
    for file in files {
        let shown = file.display();
        let text = built_in::read(file).map_err(|error| {
            misused(format_args!("{shown}: cannot read declarations: {}", reason(&error)))
        })?;
        scripts.add(file, &text, declared).map_err(|error| {
            let hint = hint(&error);
            misused(format_args!("{shown}: cannot use declarations: {error}{hint}"))
        })?;
    }
    Ok(())
}

/// Returns a hint if the error is an unknown type that is built in.
fn hint(error: &ParseError) -> String {
    match built_in::would_help(error) {
        true => format!("; put `--declarations {}` first to declare it", built_in::FILE),
        false => String::new(),
    }
}

/// Formats an error in a text from the command line, with a caret at its position.
pub(crate) fn pointed(text: &str, error: &ParseError) -> String {
    let line = usize::try_from(error.line).unwrap_or_default().saturating_sub(1);
    let column = usize::try_from(error.column).unwrap_or_default().saturating_sub(1);
    let line = text.lines().nth(line).unwrap_or_default();
    format!("{error}{}\n  {line}\n  {:column$}^", hint(error), "")
}

/// Returns the declared events whose names match, or all. Warns if there are none.
pub(crate) fn requested(declared: &Arc<Declarations>, pattern: Option<&EventPattern>) -> Vec<Name> {
    let matches = |name: &&Name| pattern.is_none_or(|pattern| pattern.matches(name));
    let names: Vec<Name> = declared.events.keys().filter(matches).cloned().collect();
    if names.is_empty() {
        let none = CommLogMessage::NoEventsToRequest;
        match (pattern, declared.events.len()) {
            (Some(pattern), declared @ 1..) => {
                warn(format_args!("{none}: none of {declared} declared events matches {pattern}"));
            }
            _ => warn(format_args!(
                "{none}; declare some with --event 'NAME(TYPE, …)' or --declarations"
            )),
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> Arc<Declarations> {
        let mut declared = Declarations::new();
        declared.read("ping(count); pong(count); M::ping(count);").unwrap();
        Arc::new(declared)
    }

    #[test]
    fn patterns_match_whole_names() {
        let names = |text: &str| requested(&declared(), Some(&text.parse().unwrap()));
        assert_eq!(names("ping"), ["ping"]);
        assert_eq!(names("/p.ng/"), ["ping", "pong"]);
        assert_eq!(names("ping|M::.*"), ["M::ping", "ping"]);
        assert_eq!(names("pin"), [""; 0]);
        assert_eq!(requested(&declared(), None).len(), 3);
    }

    #[test]
    fn errors_point_at_their_position() {
        let error = EventDecl::parse("ping(count, nope)", &declared()).unwrap_err();
        assert_eq!(
            pointed("ping(count, nope)", &error),
            "line 1, column 13: no type is named `nope`\n  ping(count, nope)\n              ^"
        );
        let error = EventDecl::parse("seen(c: connection)", &declared()).unwrap_err();
        let expected = "line 1, column 9: no type is named `connection`; \
            put `--declarations bro-2.5.bro` first to declare it\n  seen(c: connection)\n          ^";
        assert_eq!(pointed("seen(c: connection)", &error), expected);
    }
}
