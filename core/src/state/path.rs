//! Where in the state something is.

use std::fmt;

use crate::data::{Name, Value};

/// Leads to a variable, or to an element or field somewhere within it.
///
/// ```
/// # use brocomm::data::Value;
/// # use brocomm::state::Path;
/// let path = Path::to("seen").index([Value::Addr([10, 0, 0, 1].into())]).field("ports").element(0);
/// assert_eq!(path.to_string(), "seen[10.0.0.1]$ports[0]");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path {
    /// A variable's full name, or a container's unique id (2§9).
    pub target: Name,
    /// The way on from there.
    pub parts: Vec<Part>,
}

/// Leads from a container to one of its parts.
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
    /// Leads to the variable of this full name, or to the container of this unique id.
    pub fn to(target: impl Into<Name>) -> Path {
        Path { target: target.into(), parts: Vec::new() }
    }

    /// Leads on to a table's entry.
    #[must_use]
    pub fn index(mut self, index: impl Into<Vec<Value>>) -> Path {
        self.parts.push(Part::Index(index.into()));
        self
    }

    /// Leads on to a record's field.
    #[must_use]
    pub fn field(mut self, name: impl Into<Name>) -> Path {
        self.parts.push(Part::Field(name.into()));
        self
    }

    /// Leads on to a vector's element.
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
