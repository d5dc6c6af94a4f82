//! Writes packets from peers to a pcap file.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use brocomm::lowlevel::connection::ConnectionNotification;

use crate::failure::{Failure, failed, reason, warn};
use crate::pcap::Pcap;

/// The default link type: DLT_EN10MB.
const ETHERNET: u32 = 1;

/// Writes packets to a file.
pub(crate) struct Packets {
    path: PathBuf,
    file: BufWriter<File>,
    /// Set with the first packet.
    pcap: Option<Pcap>,
    /// The number of packets with another link type, which the file cannot contain.
    left_out: u64,
}

impl Packets {
    /// Creates the file.
    pub(crate) fn create(path: &Path) -> Result<Packets, Failure> {
        let file = File::create(path).map_err(|error| cannot(path, &error))?;
        Ok(Packets { path: path.to_owned(), file: BufWriter::new(file), pcap: None, left_out: 0 })
    }

    /// Writes the packet of a notification, if any, and flushes.
    pub(crate) fn notified(
        &mut self,
        notification: &ConnectionNotification,
    ) -> Result<(), Failure> {
        let ConnectionNotification::Packet(packet) = notification else { return Ok(()) };
        let mut bytes = Vec::new();
        let pcap = *self.pcap.get_or_insert_with(|| begin(packet.link_type, &mut bytes));
        if let Err(error) = pcap.packet(packet, &mut bytes) {
            if self.left_out == 0 {
                warn(format_args!("{}: left out: {error}", self.path.display()));
            }
            self.left_out += 1;
        }
        self.write(&bytes)
    }

    /// Closes the file. Fails if packets are missing in it.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        if self.pcap.is_none() {
            // A file without packets needs a header too.
            let mut bytes = Vec::new();
            begin(ETHERNET, &mut bytes);
            self.write(&bytes)?;
        }
        if self.left_out > 0 {
            let (path, left_out) = (self.path.display(), self.left_out);
            return Err(failed(format_args!("{path}: packets left out: {left_out}")));
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.file.write_all(bytes).and_then(|()| self.file.flush());
        written.map_err(|error| cannot(&self.path, &error))
    }
}

fn begin(link_type: u32, out: &mut Vec<u8>) -> Pcap {
    let pcap = Pcap::new(link_type);
    pcap.header(out);
    pcap
}

fn cannot(path: &Path, error: &std::io::Error) -> Failure {
    failed(format_args!("{}: cannot write: {}", path.display(), reason(error)))
}
