//! The capabilities that CAPS announces.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

/// A set of capabilities, the argument of CAPS (§2.9).
///
/// Unknown flags are kept. A peer that has not sent CAPS has none.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Caps(u32);

impl Caps {
    /// No capability.
    pub const NONE: Caps = Caps(0);
    /// The sender can decompress (§1.5).
    pub const COMPRESSION: Caps = Caps(1);
    /// The sender keeps no incoming cache, so references must not be sent to it (part 2 §5).
    pub const NO_CACHING: Caps = Caps(2);
    /// The sender understands object ids of 64 bits.
    pub const PID_64BIT: Caps = Caps(4);
    /// The sender uses the newer strategy for its incoming cache.
    pub const NEW_CACHE_STRATEGY: Caps = Caps(8);
    /// The sender is Broccoli.
    pub const BROCCOLI_PEER: Caps = Caps(16);
    /// The capabilities of Bro: 13.
    pub const BRO: Caps = Caps::COMPRESSION.union(Caps::PID_64BIT).union(Caps::NEW_CACHE_STRATEGY);

    const NAMES: [(Caps, &str); 5] = [
        (Caps::COMPRESSION, "COMPRESSION"),
        (Caps::NO_CACHING, "NO_CACHING"),
        (Caps::PID_64BIT, "PID_64BIT"),
        (Caps::NEW_CACHE_STRATEGY, "NEW_CACHE_STRATEGY"),
        (Caps::BROCCOLI_PEER, "BROCCOLI_PEER"),
    ];

    /// Creates a set from these flags.
    pub const fn from_bits(bits: u32) -> Self {
        Caps(bits)
    }

    /// Returns the flags.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Returns whether the set contains all of `other`.
    #[inline]
    pub const fn contains(self, other: Caps) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns the union of both sets.
    #[must_use]
    pub const fn union(self, other: Caps) -> Self {
        Caps(self.0 | other.0)
    }
}

impl BitOr for Caps {
    type Output = Caps;

    fn bitor(self, other: Caps) -> Caps {
        self.union(other)
    }
}

impl BitOrAssign for Caps {
    fn bitor_assign(&mut self, other: Caps) {
        *self = self.union(other);
    }
}

impl fmt::Debug for Caps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = self.0;
        let mut separator = "";
        f.write_str("Caps(")?;
        for (flag, name) in Caps::NAMES {
            if self.contains(flag) {
                write!(f, "{separator}{name}")?;
                separator = " | ";
                left &= !flag.0;
            }
        }
        if left != 0 {
            write!(f, "{separator}{left:#x}")?;
        }
        f.write_str(")")
    }
}
