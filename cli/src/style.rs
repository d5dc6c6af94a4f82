//! Colors on a terminal, unless `NO_COLOR` is set.

use std::fmt::{self, Display};
use std::io;

use anstyle::{AnsiColor, Style};

/// The meaning of a text, which determines its color.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    #[default]
    Plain,
    /// A heading, or the subject of a line.
    Strong,
    /// Less important.
    Faint,
    Good,
    Warning,
    Bad,
}

impl Tone {
    /// Returns the tone of a finding of `doctor` and `cluster check`.
    pub(crate) fn of_finding(finding: &str) -> Tone {
        match finding {
            "ok" => Tone::Good,
            "note" => Tone::Warning,
            "BAD" => Tone::Bad,
            _ => Tone::Plain,
        }
    }

    fn style(self) -> Style {
        let color = |color: AnsiColor| color.on_default();
        match self {
            Tone::Plain => Style::new(),
            Tone::Strong => Style::new().bold(),
            Tone::Faint => Style::new().dimmed(),
            Tone::Good => color(AnsiColor::Green),
            Tone::Warning => color(AnsiColor::Yellow),
            Tone::Bad => color(AnsiColor::Red).bold(),
        }
    }
}

/// Whether a stream shows colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Colors(bool);

impl Colors {
    #[cfg(test)]
    pub(crate) const NONE: Colors = Colors(false);
    #[cfg(test)]
    pub(crate) const ALL: Colors = Colors(true);

    /// Returns whether standard output is colored: it is a terminal, and neither `NO_COLOR` nor
    /// `TERM=dumb` is set. `CLICOLOR_FORCE` enables colors even in a pipe.
    pub(crate) fn of_stdout() -> Colors {
        Colors(anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never)
    }

    /// The same for standard error.
    pub(crate) fn of_stderr() -> Colors {
        Colors(anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never)
    }

    /// Returns the style of a meaning.
    pub(crate) fn style(self, tone: Tone) -> Style {
        if self.0 { tone.style() } else { Style::new() }
    }

    /// Returns a text in the style of its meaning.
    pub(crate) fn paint<T: Display>(self, tone: Tone, text: T) -> Painted<T> {
        Painted { style: self.style(tone), text }
    }
}

/// Text in a color.
pub(crate) struct Painted<T> {
    style: Style,
    text: T,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let style = self.style;
        write!(f, "{style}")?;
        // Keeps the requested width and precision.
        self.text.fmt(f)?;
        write!(f, "{style:#}")
    }
}

/// Returns the width of the terminal, or 80.
pub(crate) fn width() -> usize {
    // As clap and indicatif do.
    usize::from(console::Term::stdout().size().1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_colors_is_unchanged() {
        assert_eq!(Colors::NONE.paint(Tone::Bad, "x").to_string(), "x");
        assert_eq!(Colors::ALL.paint(Tone::Plain, "x").to_string(), "x");
        let bad = Colors::ALL.paint(Tone::Bad, "x").to_string();
        assert!(bad.starts_with("\x1b[") && bad.ends_with("x\x1b[0m"), "{bad:?}");
        assert_eq!(format!("[{:>3}]", Colors::NONE.paint(Tone::Bad, "x")), "[  x]");
    }
}
