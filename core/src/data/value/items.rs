//! The values of a list.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};

use super::Value;

/// The values of a [`List`](super::List), as a slice. A single value, as in most indices, is not
/// allocated.
#[derive(Clone)]
pub struct Items(Inner);

#[derive(Clone)]
enum Inner {
    One([Value; 1]),
    Many(Vec<Value>),
}

impl Items {
    /// Creates the values of a list with one value.
    #[inline]
    pub(crate) fn one(value: Value) -> Items {
        Items(Inner::One([value]))
    }
}

impl From<Vec<Value>> for Items {
    fn from(values: Vec<Value>) -> Items {
        Items(match <[Value; 1]>::try_from(values) {
            Ok(one) => Inner::One(one),
            Err(many) => Inner::Many(many),
        })
    }
}

impl From<Items> for Vec<Value> {
    fn from(items: Items) -> Vec<Value> {
        match items.0 {
            Inner::One(one) => one.into(),
            Inner::Many(many) => many,
        }
    }
}

impl FromIterator<Value> for Items {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Items {
        let mut values = values.into_iter();
        match (values.next(), values.next()) {
            (Some(one), None) => Items::one(one),
            (first, second) => {
                Items(Inner::Many(first.into_iter().chain(second).chain(values).collect()))
            }
        }
    }
}

impl Deref for Items {
    type Target = [Value];

    #[inline]
    fn deref(&self) -> &[Value] {
        match &self.0 {
            Inner::One(one) => one,
            Inner::Many(many) => many,
        }
    }
}

impl DerefMut for Items {
    fn deref_mut(&mut self) -> &mut [Value] {
        match &mut self.0 {
            Inner::One(one) => one,
            Inner::Many(many) => many,
        }
    }
}

impl<T: AsRef<[Value]> + ?Sized> PartialEq<T> for Items {
    fn eq(&self, other: &T) -> bool {
        **self == *other.as_ref()
    }
}

impl AsRef<[Value]> for Items {
    fn as_ref(&self) -> &[Value] {
        self
    }
}

impl Hash for Items {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
