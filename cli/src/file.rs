//! Reads whole files that the user names.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The maximum size of a file in bytes, since devices have no end.
const MOST: u64 = 64 << 20;

/// The time limit for reading a pipe, such as `<(…)` of a shell. A pipe without a writer never
/// ends.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads a file.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_within(path, PATIENCE)
}

/// Reads a text file.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    let bytes = read(path)?;
    let text = str::from_utf8(without_mark(&bytes));
    text.map(str::to_owned).map_err(|_| io::Error::new(ErrorKind::InvalidData, "not UTF-8"))
}

/// Reads a Bro script.
pub(crate) fn read_script(path: &Path) -> io::Result<String> {
    Ok(script(without_mark(&read(path)?)))
}

/// Returns text without the byte order mark that some programs write at its beginning.
pub(crate) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// Returns text in Bro's notation, which may have any bytes, as UTF-8. Other bytes become `\xHH`,
/// which means the same byte in a string or pattern.
pub(crate) fn script(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // A backslash before such a byte does not change it.
            let backslashes = text.bytes().rev().take_while(|byte| *byte == b'\\').count();
            let escape = if backslashes % 2 == 1 { "" } else { "\\" };
            text.push_str(&format!("{escape}x{byte:02x}"));
        }
    }
    text
}

fn read_within(path: &Path, patience: Duration) -> io::Result<Vec<u8>> {
    if !is_pipe(path)? {
        return read_at_once(path);
    }
    let (sender, receiver) = mpsc::channel();
    let path = path.to_owned();
    // Opening a pipe waits for its writer.
    thread::spawn(move || sender.send(read_at_once(&path)));
    receiver.recv_timeout(patience).unwrap_or_else(|_| {
        let seconds = patience.as_secs_f64();
        let what = format!("is a pipe that was not written and closed within {seconds} s");
        Err(io::Error::new(ErrorKind::TimedOut, what))
    })
}

fn read_at_once(path: &Path) -> io::Result<Vec<u8>> {
    let too_large = || {
        let what = format!("is larger than {} MiB", MOST >> 20);
        io::Error::new(ErrorKind::FileTooLarge, what)
    };
    let mut file = File::open(path)?;
    if file.metadata()?.len() > MOST {
        return Err(too_large());
    }
    // Devices and growing files do not have their length in the metadata.
    let mut bytes = Vec::new();
    file.by_ref().take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST { Err(too_large()) } else { Ok(bytes) }
}

#[cfg(unix)]
fn is_pipe(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::FileTypeExt;
    Ok(fs::metadata(path)?.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_pipe(path: &Path) -> io::Result<bool> {
    fs::metadata(path).map(|_| false)
}

#[cfg(test)]
mod script_tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_utf_8_are_escaped() {
        for (bytes, text) in [
            (&b"a\xffb"[..], "a\\xffb"),
            (b"\xff41\xc3", "\\xff41\\xc3"),
            (b"\\\xff", "\\xff"),
            (b"\\\\\xff", "\\\\\\xff"),
            ("\u{e9}".as_bytes(), "\u{e9}"),
        ] {
            assert_eq!(script(bytes), text);
        }
        assert_eq!(without_mark("\u{feff}a\u{feff}".as_bytes()), "a\u{feff}".as_bytes());
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_pipe_without_a_writer_times_out() {
        let pipes = ["unwritten", "written"].map(|name| {
            std::env::temp_dir().join(format!("brocomm-pipe-{name}-{}", std::process::id()))
        });
        assert!(Command::new("mkfifo").args(&pipes).status().unwrap().success());
        let [unwritten, pipe] = &pipes;
        let error = read_within(unwritten, Duration::from_millis(20)).unwrap_err();
        let what = "is a pipe that was not written and closed within 0.02 s";
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::TimedOut, what));
        let written = pipe.clone();
        let writer = thread::spawn(move || fs::write(written, "event e();"));
        assert_eq!(read_text(pipe).unwrap(), "event e();");
        writer.join().unwrap().unwrap();
        pipes.iter().for_each(|pipe| fs::remove_file(pipe).unwrap());
    }
}
