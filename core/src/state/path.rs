//! Paths to parts of the state.

use std::fmt;

use crate::data::{Declarations, Name, Type, Value};
use crate::notation::{ParseError, PathStep, VariablePath};

/// A path to a variable, or to an element or field within it.
///
/// ```
/// # use brocomm::data::Value;
/// # use brocomm::state::Path;
/// let path = Path::to("seen").index([Value::Addr([10, 0, 0, 1].into())]).field("ports").element(0);
/// assert_eq!(path.to_string(), "seen[10.0.0.1]$ports[0]");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path {
    /// A variable's full name, or a container's unique ID (2§9).
    pub target: Name,
    /// The steps from there.
    pub parts: Vec<Part>,
}

/// A step from a container to one of its parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// To a table's entry, by its index: one value per component.
    Index(Vec<Value>),
    /// To a record's field.
    Field(Name),
    /// To a vector's element.
    Element(u64),
}

impl Path {
    /// Creates the path of the variable with this full name, or of the container with this unique
    /// ID.
    pub fn to(target: impl Into<Name>) -> Path {
        Path { target: target.into(), parts: Vec::new() }
    }

    /// Parses a path in the notation of Bro's scripts: `hits`, `seen[10.0.0.1]`,
    /// `seen[10.0.0.1]$ports[0]`.
    ///
    /// Also returns the type at the path; `None` for an element of a set.
    ///
    /// ```
    /// # use brocomm::data::{Declarations, Type};
    /// # use brocomm::state::Path;
    /// let mut declarations = Declarations::new();
    /// declarations.read("global names: table[addr] of string &synchronized;")?;
    /// let (path, ty) = Path::parse("names[10.0.0.1]", &declarations)?;
    /// assert_eq!((path.to_string().as_str(), ty), ("names[10.0.0.1]", Some(Type::STRING)));
    /// # Ok::<(), brocomm::notation::ParseError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if the text is invalid, the variable is not declared, or an index or field does not
    /// match the declaration. The error contains the position.
    pub fn parse(
        text: &str,
        declarations: &Declarations,
    ) -> Result<(Path, Option<Type>), ParseError> {
        let VariablePath { variable, steps, ty } = VariablePath::parse(text, declarations)?;
        let parts = steps.into_iter().map(|step| match step {
            PathStep::Index(index) => Part::Index(index),
            PathStep::Field(name) => Part::Field(name),
            PathStep::Element(position) => Part::Element(position),
        });
        Ok((Path { target: variable, parts: parts.collect() }, ty))
    }

    /// Extends the path to a table's entry.
    #[must_use]
    pub fn index(mut self, index: impl Into<Vec<Value>>) -> Path {
        self.parts.push(Part::Index(index.into()));
        self
    }

    /// Extends the path to a record's field.
    #[must_use]
    pub fn field(mut self, name: impl Into<Name>) -> Path {
        self.parts.push(Part::Field(name.into()));
        self
    }

    /// Extends the path to a vector's element.
    #[must_use]
    pub fn element(mut self, position: u64) -> Path {
        self.parts.push(Part::Element(position));
        self
    }
}

impl From<&str> for Path {
    fn from(variable: &str) -> Path {
        Path::to(variable)
    }
}

impl From<Name> for Path {
    fn from(variable: Name) -> Path {
        Path::to(variable)
    }
}

impl From<&Name> for Path {
    fn from(variable: &Name) -> Path {
        Path::to(variable.clone())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.target)?;
        self.parts.iter().try_for_each(|part| part.fmt(f))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Field(name) => write!(f, "${name}"),
            Part::Element(position) => write!(f, "[{position}]"),
            Part::Index(index) => {
                for (at, value) in index.iter().enumerate() {
                    write!(f, "{}{value}", if at == 0 { "[" } else { ", " })?;
                }
                f.write_str("]")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECLARED: &str = "
        module M;
        type Host: record { name: string; ports: set[port] &optional; hits: vector of count; };
        global hosts: table[addr] of Host;
        global pairs: table[addr, port] of count;
        global nets: set[subnet];
        global ids: set[record { a: count; }];
        global hits: count;
    ";

    #[test]
    fn paths_are_parsed_in_bros_notation() {
        let mut declarations = Declarations::new();
        declarations.read(DECLARED).unwrap();
        let read = |text: &str| Path::parse(text, &declarations);
        for (text, path, ty) in [
            ("M::hits", "M::hits", Some("count")),
            ("M::hosts[10.0.0.1]$name", "M::hosts[10.0.0.1]$name", Some("string")),
            ("M::hosts[::ffff:1.2.3.4]", "M::hosts[1.2.3.4]", Some("M::Host")),
            ("M::hosts[::1]$hits[2]", "M::hosts[::1]$hits[2]", Some("count")),
            ("M::hosts[[::1]]$ports[80/tcp]", "M::hosts[::1]$ports[80/tcp]", None),
            ("M::pairs[fe80::1, 1/udp]", "M::pairs[fe80::1, 1/udp]", Some("count")),
            ("M::nets[10.1.2.3/8]", "M::nets[10.0.0.0/8]", None),
            ("M::nets[[fe80::1]/64]", "M::nets[fe80::/64]", None),
            ("M::ids[[$a=1]]", "M::ids[[a=1]]", None),
        ] {
            let (found, found_ty) = read(text).unwrap();
            assert_eq!(found.to_string(), path);
            let name = |ty: Type| match ty.name() {
                name if name.is_empty() => ty.to_string(),
                name => name.to_string(),
            };
            assert_eq!(found_ty.map(name).as_deref(), ty, "{text}");
        }
        for (text, error) in [
            ("nope", "no variable is named `nope`"),
            ("M::hits[1]", "a value of type count has no such part"),
            ("M::hosts[\"x\"]", "expected a value of type addr, found a string"),
            ("M::hosts[]", "index with 0 components, expected 1"),
            ("M::pairs[1.2.3.4]", "index with 1 components, expected 2"),
            ("M::hosts$name", "expected `[`, found `$`"),
            ("M::hosts[1.2.3.4]$nope", "M::Host has no field `nope`"),
            ("M::hosts[1.2.3.4]$hits[-1]", "expected a value of type count, found an int"),
            ("M::nets[1.0.0.0/8][1]", "expected the end, found `[`"),
            ("M::hits = 5", "a value of type count has no such part"),
            ("5", "expected a variable's name, found `5`"),
        ] {
            assert_eq!(read(text).unwrap_err().kind.to_string(), error, "{text}");
        }
    }
}
