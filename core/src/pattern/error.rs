//! Pattern errors.

/// An error in a pattern, with its position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {kind}")]
#[non_exhaustive]
pub struct PatternError {
    pub(crate) kind: PatternErrorKind,
    /// The column in characters, from 1.
    pub column: u32,
}

/// The kind of error in a pattern; its message suggests a correction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternErrorKind {
    /// There is a slash at the beginning, but none at the end.
    #[error("`/` without a second one at the end; write `/…/`, or no slashes at all")]
    OneSlash,
    /// A repetition follows nothing.
    #[error("nothing precedes `{0}` to be repeated; write `\\{0}` for the character itself")]
    NothingToRepeat(char),
    /// Nothing follows a `|`.
    #[error("nothing follows `|`; write `(…)?` for an optional part")]
    EmptyAlternative,
    /// A group is not closed.
    #[error("`(` without `)`; write `\\(` for the character itself")]
    UnclosedGroup,
    /// A group is closed that was not opened.
    #[error("`)` without `(`; write `\\)` for the character itself")]
    UnopenedGroup,
    /// A `(?` construct that Bro does not support.
    #[error("`(?` is not followed by `i:`, the only such group that Bro knows")]
    GroupKind,
    /// A `(?i:`, which Bro before 2.6 does not support.
    #[error("`(?i:` is not known to Bro 2.5; write both cases, as in `[Aa]`")]
    CaseInsensitive,
    /// A quoted text is not closed.
    #[error("`\"` without a second one; write `\\\"` for the character itself")]
    UnclosedQuote,
    /// A class is not closed; a `]` at its very beginning is a literal character.
    #[error("`[` without `]`; write `\\[` for the character itself")]
    UnclosedClass,
    /// There is no character class with this name.
    #[error(
        "no characters are named `[:{0}:]`; there are alnum, alpha, blank, cntrl, digit, graph, \
         lower, print, punct, space, upper and xdigit"
    )]
    UnknownClass(String),
    /// A range's end precedes its beginning.
    #[error("`{}-{}` is not a range: it ends before it begins", from.escape_ascii(), to.escape_ascii())]
    ReversedRange {
        /// The first character.
        from: u8,
        /// The last character.
        to: u8,
    },
    /// A hyphen in a class is neither literal nor part of a range.
    #[error("`-` is not between two characters; write `\\-` for the character itself")]
    LooseHyphen,
    /// A brace does not begin a repetition count.
    #[error(
        "`{{` is not followed by `m}}`, `m,}}` or `m,n}}`; write `\\{{` for the character itself"
    )]
    MalformedRepeat,
    /// A closing brace without an opening one.
    #[error("`}}` without `{{`; write `\\}}` for the character itself")]
    UnopenedRepeat,
    /// The maximum number of repetitions is less than the minimum.
    #[error("`{{{min},{max}}}` has its greater number first; write `{{{max},{min}}}`")]
    ReversedRepeat {
        /// The first number.
        min: u32,
        /// The second number.
        max: u32,
    },
    /// A number of repetitions is too great.
    #[error("`{number}` repetitions, limit is {limit}")]
    TooManyRepeats {
        /// The number.
        number: String,
        /// The maximum number.
        limit: u32,
    },
    /// An octal escape exceeds a byte.
    #[error("`\\{0}` is not a byte; an octal escape has up to three digits and goes up to `\\377`")]
    OctalEscape(String),
    /// A `\x` without two digits.
    #[error("`\\x` is not followed by two hexadecimal digits")]
    HexEscape,
    /// Nothing follows a backslash.
    #[error("nothing follows `\\`; write `\\\\` for the character itself")]
    LoneBackslash,
    /// A NUL or a newline, which would end the pattern.
    #[error("`{}` ends a pattern; write `{}`", .0.escape_ascii(), if *.0 == 0 { r"\000" } else { r"\n" })]
    EndsPattern(u8),
    /// Groups are nested too deeply.
    #[error("nested too deeply, limit is {limit}")]
    TooDeep {
        /// The maximum depth.
        limit: u32,
    },
    /// The pattern is too long.
    #[error("pattern of {length} bytes, limit is {limit}")]
    TooLong {
        /// The length.
        length: usize,
        /// The maximum length.
        limit: usize,
    },
    /// The pattern takes too much memory once compiled.
    #[error("pattern takes more than {limit} bytes of memory; use fewer repetitions")]
    TooLarge {
        /// The maximum size, in bytes.
        limit: usize,
    },
}

impl PatternErrorKind {
    /// Returns whether the pattern is valid in Bro and only exceeds a limit of this crate.
    pub(crate) fn is_limit(&self) -> bool {
        matches!(
            self,
            PatternErrorKind::TooManyRepeats { .. }
                | PatternErrorKind::TooDeep { .. }
                | PatternErrorKind::TooLong { .. }
                | PatternErrorKind::TooLarge { .. }
        )
    }
}
