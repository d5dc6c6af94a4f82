//! The declarations of Bro 2.5 that come with the program.

use std::io::{self, ErrorKind};
use std::path::Path;

use brocomm::data::Declarations;
use brocomm::notation::ParseError;

use crate::file;

/// The name by which the built-in declarations can be loaded.
pub(crate) const FILE: &str = "bro-2.5.bro";

/// The parts of the declarations, in order.
const PARTS: &[&str] = &[
    include_str!("internal.bro"),
    "module GLOBAL;\n",
    include_str!("bro-2.5/types-1.bro"),
    include_str!("bro-2.5/types-2.bro"),
    include_str!("bro-2.5/types-3.bro"),
    include_str!("bro-2.5/types-4.bro"),
    include_str!("bro-2.5/types-5.bro"),
    include_str!("bro-2.5/variables.bro"),
    include_str!("bro-2.5/events-1.bro"),
    include_str!("bro-2.5/events-2.bro"),
    include_str!("bro-2.5/events-3.bro"),
];

/// Returns the text of all declarations.
pub(crate) fn text() -> String {
    PARTS.join("\n")
}

/// Adds all types, variables and events, unless they have been added.
pub(crate) fn add(into: &mut Declarations) -> Result<(), ParseError> {
    if into.types.contains_key(&b"connection"[..]) { Ok(()) } else { into.read(&text()) }
}

/// Returns whether an error is an unknown type that these declarations have.
pub(crate) fn would_help(error: &ParseError) -> bool {
    let reason = error.reason();
    let name = reason.strip_prefix("no type is named `").and_then(|name| name.strip_suffix('`'));
    let Some(name) = name else { return false };
    let mut declared = Declarations::new();
    declared.read(&text()).is_ok() && declared.types.contains_key(name.as_bytes())
}

/// Reads a file with declarations. `bro-2.5.bro` is the built-in one unless such a file exists.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    match file::read_script(path) {
        Err(error)
            if error.kind() == ErrorKind::NotFound
                && path.file_name().is_some_and(|name| name == FILE) =>
        {
            Ok(text())
        }
        text => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_types_of_bro_are_declared() {
        let mut declared = Declarations::new();
        declared.read(&text()).unwrap_or_else(|error| panic!("{error}"));
        let fields = |ty: &str| {
            let fields = declared.types[ty.as_bytes()].fields().expect(ty);
            fields.iter().map(|field| field.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(fields("conn_id"), ["orig_h", "orig_p", "resp_h", "resp_p"]);
        let own = ["id", "orig", "resp", "start_time", "duration", "service", "history", "uid"];
        let connection = fields("connection");
        assert_eq!(connection[..8], own);
        // Scripts add these.
        for field in ["conn", "dns", "http", "ssl", "ssh"] {
            assert!(connection.iter().any(|name| name == field), "{field}: {connection:?}");
        }
        let notice = fields("Notice::Info");
        assert!(notice.iter().any(|name| name == "suppress_for"), "{notice:?}");
        assert_eq!(fields("Conn::Info")[..3], ["ts", "uid", "id"]);
        for (event, params) in [("new_connection", 1), ("http_request", 5), ("dns_request", 5)] {
            assert_eq!(
                declared.event(event).map(|event| event.params.len()),
                Some(params),
                "{event}"
            );
        }
        for name in ["Known::certs", "Software::tracked"] {
            assert!(
                declared.globals.get(name).is_some_and(|global| global.is_synchronized()),
                "{name}"
            );
        }
    }
}
