//! Sockets: non-blocking, without signals, and with a constant file descriptor.

use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::slice;
use std::time::{Duration, Instant};

use libc::{POLLERR, POLLHUP, c_int, c_short};

/// Prevents SIGPIPE from ending the program when the peer is gone.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
const QUIET: c_int = libc::MSG_NOSIGNAL;
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
const QUIET: c_int = 0;

/// The event for a closed sending side of the peer, in addition to `POLLERR` and `POLLHUP`.
#[cfg(any(target_os = "linux", target_os = "android"))]
const PEER_CLOSED: c_short = libc::POLLRDHUP;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const PEER_CLOSED: c_short = 0;

#[derive(Debug)]
pub(super) struct Socket(OwnedFd);

impl Socket {
    /// Connects to a host and port, with a timeout for each address.
    pub(super) fn connect(target: &str, timeout: Duration) -> io::Result<Socket> {
        let (host, port) = target.rsplit_once(':').ok_or(ErrorKind::InvalidInput)?;
        let port: u16 = port.parse().map_err(|_| ErrorKind::InvalidInput)?;
        let mut last = io::Error::from(ErrorKind::NotFound);
        for address in (host, port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, timeout) {
                // Nagle's algorithm stays enabled: it combines many events that are sent one by
                // one.
                Ok(stream) => return Socket::prepared(stream.into()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Takes ownership of a socket of the program.
    ///
    /// # Safety
    /// Nobody else closes the socket.
    pub(super) unsafe fn adopt(fd: RawFd) -> io::Result<Socket> {
        // SAFETY: `F_GETFD` is valid for any file descriptor.
        if unsafe { libc::fcntl(fd, libc::F_GETFD) } == -1 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it is open, and the caller guarantees that nobody else closes it.
        Socket::prepared(unsafe { OwnedFd::from_raw_fd(fd) })
    }

    fn prepared(fd: OwnedFd) -> io::Result<Socket> {
        // This works for sockets of all kinds.
        let stream = TcpStream::from(fd);
        stream.set_nonblocking(true)?;
        let socket = Socket(stream.into());
        socket.silence();
        Ok(socket)
    }

    #[cfg(target_vendor = "apple")]
    fn silence(&self) {
        let (on, size): (c_int, _) = (1, size_of::<c_int>() as libc::socklen_t);
        // SAFETY: the option is an int. Failures are harmless.
        unsafe {
            let (level, option) = (libc::SOL_SOCKET, libc::SO_NOSIGPIPE);
            libc::setsockopt(self.fd(), level, option, (&raw const on).cast(), size);
        }
    }

    #[cfg(not(target_vendor = "apple"))]
    fn silence(&self) {}

    pub(super) fn fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    /// Replaces another socket and takes over its file descriptor.
    pub(super) fn replace(self, old: Option<Socket>) -> Socket {
        let Some(old) = old else { return self };
        // SAFETY: both are open. The socket of `old` is closed.
        match unsafe { libc::dup2(self.fd(), old.fd()) } {
            -1 => self,
            _ => old,
        }
    }

    /// Reads available bytes. Returns none at the end of the stream.
    pub(super) fn receive<'b>(&self, buffer: &'b mut [MaybeUninit<u8>]) -> io::Result<&'b [u8]> {
        loop {
            let (to, len) = (buffer.as_mut_ptr().cast(), buffer.len());
            // SAFETY: the buffer has room for `len` bytes.
            let got = unsafe { libc::recv(self.fd(), to, len, libc::MSG_DONTWAIT) };
            match usize::try_from(got) {
                Ok(got) => {
                    // SAFETY: `got` bytes were written to the buffer.
                    return Ok(unsafe { slice::from_raw_parts(buffer.as_ptr().cast(), got) });
                }
                Err(_) => interrupted()?,
            }
        }
    }

    /// Writes as many bytes as possible without blocking.
    pub(super) fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            let (from, flags) = (bytes.as_ptr().cast(), QUIET | libc::MSG_DONTWAIT);
            // SAFETY: `bytes` has this length.
            let sent = unsafe { libc::send(self.fd(), from, bytes.len(), flags) };
            match usize::try_from(sent) {
                Ok(sent) => return Ok(sent),
                Err(_) => interrupted()?,
            }
        }
    }

    /// Makes the system send the bytes that Nagle's algorithm delays.
    pub(super) fn push(&self) {
        for on in [1, 0] {
            let (on, size): (c_int, _) = (on, size_of::<c_int>() as libc::socklen_t);
            // SAFETY: the option is an int. Sockets other than TCP do not have it.
            unsafe {
                let (level, option) = (libc::IPPROTO_TCP, libc::TCP_NODELAY);
                libc::setsockopt(self.fd(), level, option, (&raw const on).cast(), size);
            }
        }
    }

    /// Waits for one of the events, and returns those that occurred. Returns 0 after the timeout.
    pub(super) fn wait(&self, events: c_short, timeout: Option<Duration>) -> io::Result<c_short> {
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            // Rounds up, so that the wait does not end early.
            let millis =
                left.map_or(-1, |left| left.as_micros().div_ceil(1000).min(1 << 30) as c_int);
            let mut poll = libc::pollfd { fd: self.fd(), events, revents: 0 };
            // SAFETY: one valid `pollfd`.
            match unsafe { libc::poll(&raw mut poll, 1, millis) } {
                -1 => interrupted()?,
                _ => return Ok(poll.revents),
            }
        }
    }

    /// Returns whether the peer is gone or has closed its sending side.
    pub(super) fn is_closing(&self) -> bool {
        let mut poll = libc::pollfd { fd: self.fd(), events: PEER_CLOSED, revents: 0 };
        // SAFETY: one valid `pollfd`.
        let found = unsafe { libc::poll(&raw mut poll, 1, 0) };
        found == 1 && poll.revents & (PEER_CLOSED | POLLERR | POLLHUP) != 0
    }

    /// Shuts down both directions, for all processes that share the socket.
    pub(super) fn shut_down(&self) {
        // SAFETY: the socket is open. It need not be connected.
        unsafe { libc::shutdown(self.fd(), libc::SHUT_RDWR) };
    }
}

/// Returns the error of the last call, unless it was interrupted.
fn interrupted() -> io::Result<()> {
    let error = io::Error::last_os_error();
    if error.kind() == ErrorKind::Interrupted { Ok(()) } else { Err(error) }
}
