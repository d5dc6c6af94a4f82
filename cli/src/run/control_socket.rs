//! The control socket of a running node, through which local programs ask about its peers.
//!
//! A client writes the line `peers` and reads one line with a [`Snapshot`] in JSON, as often as it
//! wants. It cannot change anything.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brocomm_tokio::Node;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::sync::Semaphore;

use super::lines::{Line, Lines};
use crate::failure::{Failure, failed, reason};
use crate::snapshot::Snapshot;

/// The maximum number of simultaneous clients. Others wait.
const CLIENTS: usize = 16;

/// The maximum length of a request, in bytes.
const LONGEST: usize = 1024;

/// The socket. Its file is removed on drop.
pub(super) struct ControlSocket {
    path: PathBuf,
    listener: Option<UnixListener>,
}

impl ControlSocket {
    /// Binds the socket, for this user only. Replaces a socket on which no program listens.
    pub(super) fn bind(path: &Path) -> Result<ControlSocket, Failure> {
        let why = |error: io::Error| {
            let (path, why) = (path.display(), reason(&error));
            failed(format_args!("--control-socket {path}: cannot listen: {why}"))
        };
        make_way(path).map_err(why)?;
        let listener = UnixListener::bind(path).map_err(why)?;
        let socket = ControlSocket { path: path.to_owned(), listener: Some(listener) };
        fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(why)?;
        Ok(socket)
    }

    /// Starts serving, in the current runtime.
    pub(super) fn serve(&mut self, node: &Node) -> Result<(), Failure> {
        let Some(listener) = self.listener.take() else { return Ok(()) };
        let listen = || {
            listener.set_nonblocking(true)?;
            tokio::net::UnixListener::from_std(listener)
        };
        let listener = listen().map_err(|error: io::Error| {
            let (path, why) = (self.path.display(), reason(&error));
            failed(format_args!("--control-socket {path}: cannot listen: {why}"))
        })?;
        tokio::spawn(accept(listener, node.clone()));
        Ok(())
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // Another program may have removed it.
        let _ = fs::remove_file(&self.path);
    }
}

/// Removes a socket that a node left behind.
fn make_way(path: &Path) -> io::Result<()> {
    let taken = |what| Err(io::Error::new(ErrorKind::AddrInUse, what));
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(file) if !file.file_type().is_socket() => taken("the file exists and is not a socket"),
        Ok(_) => match UnixStream::connect(path) {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path),
            Ok(_) => taken("another node listens on it"),
            Err(error) => Err(error),
        },
    }
}

async fn accept(listener: tokio::net::UnixListener, node: Node) {
    let places = Arc::new(Semaphore::new(CLIENTS));
    loop {
        // The semaphore is never closed.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((client, _)) => {
                let node = node.clone();
                tokio::spawn(async move {
                    // A client that goes away is not an error.
                    let _ = answer(client, &node).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!("control socket: cannot accept: {}", reason(&error));
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            }
        }
    }
}

/// Answers the requests of a client, until it closes the connection.
async fn answer(client: tokio::net::UnixStream, node: &Node) -> io::Result<()> {
    let (reader, mut writer) = client.into_split();
    let mut requests = Lines::new(BufReader::new(reader), LONGEST);
    while let Some(Line { bytes, .. }) = requests.next().await? {
        let mut line = match bytes.as_deref().map(<[u8]>::trim_ascii) {
            Some(b"peers") => serde_json::to_vec(&node.with(|node, now| Snapshot::of(node, now))),
            _ => serde_json::to_vec(&serde_json::json!({ "error": "expected `peers`" })),
        }?;
        line.push(b'\n');
        writer.write_all(&line).await?;
    }
    Ok(())
}
