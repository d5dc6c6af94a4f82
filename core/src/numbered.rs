//! Enums whose variants have numbers on the wire.

/// Defines an enum with `from_u8`. If the variants have names, also `name`, `ALL` and `Display`.
macro_rules! numbered {
    ($(#[$meta:meta])* $enum:ident {
        $($(#[$doc:meta])* $variant:ident = $number:literal,)*
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $enum {
            $($(#[$doc])* $variant = $number,)*
        }

        impl $enum {
            /// Returns the one with this number, or `None`.
            #[inline]
            pub const fn from_u8(number: u8) -> Option<$enum> {
                match number {
                    $($number => Some($enum::$variant),)*
                    _ => None,
                }
            }
        }
    };
    ($(#[$meta:meta])* $enum:ident {
        $($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal;)*
    }) => {
        $crate::numbered::numbered! {
            $(#[$meta])* $enum { $($(#[$doc])* $variant = $number,)* }
        }

        impl $enum {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [$enum] = &[$($enum::$variant,)*];

            /// Returns the name.
            pub const fn name(self) -> &'static str {
                match self {
                    $($enum::$variant => $name,)*
                }
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}
pub(crate) use numbered;
