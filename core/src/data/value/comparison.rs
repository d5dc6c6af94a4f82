//! Comparison of values that may contain tables.
//!
//! Entries have no fixed order, so two tables are compared in the order of their indices. An index
//! may contain tables, which contain others: if each were sorted for each comparison, the work
//! would multiply with each level, and a small message could take extremely long. So results for a
//! table are cached until the comparison ends.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::{Bucket, Entry, List, Opaque, OpaqueState, Record, Table, TopK, Value, Vector};

/// A comparison of any number of values.
#[derive(Default)]
pub(super) struct Comparison<'v> {
    /// The sorted entries of tables, by the tables' addresses.
    sorted: BTreeMap<*const Table, Rc<[&'v Entry]>>,
    /// The results for pairs of tables.
    compared: BTreeMap<[*const Table; 2], Ordering>,
}

impl<'v> Comparison<'v> {
    pub(super) fn values(&mut self, a: &'v Value, b: &'v Value) -> Ordering {
        match (a, b) {
            (Value::List(a), Value::List(b)) => shared(a, b, |a, b| self.lists(a, b)),
            (Value::Table(a), Value::Table(b)) => shared(a, b, |a, b| self.tables(a, b)),
            (Value::Record(a), Value::Record(b)) => shared(a, b, |a, b| self.records(a, b)),
            (Value::Vector(a), Value::Vector(b)) => shared(a, b, |a, b| self.vectors(a, b)),
            (Value::Opaque(a), Value::Opaque(b)) => shared(a, b, |a, b| self.opaques(a, b)),
            (a, b) => a.cmp_scalars(b),
        }
    }

    pub(super) fn lists(&mut self, a: &'v List, b: &'v List) -> Ordering {
        self.all(&a.items, &b.items, Self::values)
    }

    pub(super) fn records(&mut self, a: &'v Record, b: &'v Record) -> Ordering {
        self.all(&a.fields, &b.fields, Self::slots)
    }

    pub(super) fn vectors(&mut self, a: &'v Vector, b: &'v Vector) -> Ordering {
        self.all(&a.items, &b.items, Self::slots)
    }

    pub(super) fn tables(&mut self, a: &'v Table, b: &'v Table) -> Ordering {
        let lengths = a.entries.len().cmp(&b.entries.len());
        if lengths.is_ne() {
            return lengths;
        }
        let pair = [a, b].map(std::ptr::from_ref);
        if let Some(known) = self.compared.get(&pair) {
            return *known;
        }
        let (left, right) = (self.sorted(a), self.sorted(b));
        let ordering = self.all(&left, &right, |c, a, b| c.entries(a, b));
        self.compared.insert(pair, ordering);
        ordering
    }

    pub(super) fn entries(&mut self, a: &'v Entry, b: &'v Entry) -> Ordering {
        let indices = self.lists(&a.index, &b.index);
        indices.then_with(|| self.slots(&a.value, &b.value))
    }

    pub(super) fn opaques(&mut self, a: &'v Opaque, b: &'v Opaque) -> Ordering {
        match (&a.state, &b.state) {
            (OpaqueState::TopK(a), OpaqueState::TopK(b)) => self.topks(a, b),
            (a, b) => a.cmp(b),
        }
    }

    pub(super) fn topks(&mut self, a: &'v TopK, b: &'v TopK) -> Ordering {
        let key = |topk: &TopK| (topk.size, topk.num_elements, topk.pruned);
        let keys = key(a).cmp(&key(b));
        keys.then_with(|| self.all(&a.buckets, &b.buckets, Self::buckets))
    }

    fn buckets(&mut self, a: &'v Bucket, b: &'v Bucket) -> Ordering {
        let counts = a.count.cmp(&b.count);
        counts.then_with(|| {
            self.all(&a.elements, &b.elements, |c, (a_epsilon, a), (b_epsilon, b)| {
                a_epsilon.cmp(b_epsilon).then_with(|| c.values(a, b))
            })
        })
    }

    /// Returns a table's entries in the order of their indices.
    pub(super) fn sorted(&mut self, table: &'v Table) -> Rc<[&'v Entry]> {
        let address = std::ptr::from_ref(table);
        if let Some(sorted) = self.sorted.get(&address) {
            return Rc::clone(sorted);
        }
        let mut entries: Vec<&Entry> = table.entries.iter().collect();
        entries.sort_by(|a, b| self.lists(&a.index, &b.index));
        let sorted = Rc::from(entries);
        self.sorted.insert(address, Rc::clone(&sorted));
        sorted
    }

    fn slots(&mut self, a: &'v Option<Value>, b: &'v Option<Value>) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) => self.values(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    }

    /// Compares element by element. The shorter one is less.
    fn all<'s, T>(
        &mut self,
        a: &'s [T],
        b: &'s [T],
        mut compare: impl FnMut(&mut Self, &'s T, &'s T) -> Ordering,
    ) -> Ordering {
        let mut pairs = a.iter().zip(b).map(|(a, b)| compare(self, a, b));
        let first = pairs.find(|ordering| ordering.is_ne());
        first.unwrap_or_else(|| a.len().cmp(&b.len()))
    }
}

impl Table {
    /// Returns whether two entries have equal indices.
    pub(crate) fn has_duplicates(&self) -> bool {
        let mut comparison = Comparison::default();
        let sorted = comparison.sorted(self);
        sorted.windows(2).any(|pair| match pair {
            [a, b] => comparison.lists(&a.index, &b.index).is_eq(),
            _ => false,
        })
    }

    /// Keeps only the last of entries with equal indices, as if they were assigned in order.
    pub(crate) fn keep_last_of_equals(&mut self) {
        let mut comparison = Comparison::default();
        let mut sorted: Vec<(usize, &Entry)> = self.entries.iter().enumerate().collect();
        // The sort is stable, so entries with equal indices keep their order.
        sorted.sort_by(|(_, a), (_, b)| comparison.lists(&a.index, &b.index));
        let overwritten = sorted.windows(2).filter_map(|pair| match pair {
            [(at, a), (_, b)] => comparison.lists(&a.index, &b.index).is_eq().then_some(*at),
            _ => None,
        });
        let overwritten: BTreeSet<usize> = overwritten.collect();
        let mut at = 0..;
        self.entries.retain(|_| at.next().is_none_or(|at| !overwritten.contains(&at)));
    }
}

/// Compares values that may be the same instance.
fn shared<'v, T>(
    a: &'v Arc<T>,
    b: &'v Arc<T>,
    compare: impl FnOnce(&'v T, &'v T) -> Ordering,
) -> Ordering {
    if Arc::ptr_eq(a, b) { Ordering::Equal } else { compare(a, b) }
}
