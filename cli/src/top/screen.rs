//! The terminal while it shows a view instead of lines of output.

use std::io::{self, Write};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::style::Print;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, DisableLineWrap, EnableLineWrap,
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{execute, queue};

/// A terminal in raw mode with its alternate screen, until it is closed or dropped.
pub(super) struct Screen<W: Write> {
    out: W,
    is_open: bool,
}

impl<W: Write> Screen<W> {
    pub(super) fn open(out: W) -> io::Result<Screen<W>> {
        enable_raw_mode()?;
        // From here on, an error restores the terminal.
        let mut screen = Screen { out, is_open: true };
        // What does not fit into a line, such as wide characters, is cut.
        execute!(screen.out, EnterAlternateScreen, Hide, DisableLineWrap)?;
        Ok(screen)
    }

    /// Shows these lines, as many as the terminal has.
    pub(super) fn show(&mut self, lines: &[String]) -> io::Result<()> {
        queue!(self.out, BeginSynchronizedUpdate)?;
        for (row, line) in (0..).zip(lines) {
            queue!(self.out, MoveTo(0, row), Clear(ClearType::CurrentLine), Print(line))?;
        }
        queue!(self.out, EndSynchronizedUpdate)?;
        self.out.flush()
    }

    /// Restores the terminal.
    pub(super) fn close(mut self) -> io::Result<()> {
        self.restore()
    }

    fn restore(&mut self) -> io::Result<()> {
        self.is_open = false;
        let shown = execute!(self.out, EnableLineWrap, Show, LeaveAlternateScreen);
        disable_raw_mode().and(shown)
    }
}

impl<W: Write> Drop for Screen<W> {
    fn drop(&mut self) {
        if self.is_open {
            // The error that led here is reported instead.
            let _ = self.restore();
        }
    }
}
