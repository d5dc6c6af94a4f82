#!/bin/sh
# pcap-parser 0.17.0 (crates.io) does not support time resolutions that are powers of two.
#
# The option if_tsresol of a pcapng interface holds 10^-n seconds, or 2^-n if its highest bit is set. A capture with
# 2^-20 is valid, as is any other power up to 2^-127. The crate compares the whole byte, with that bit, to 63, so
# ts_resolution() is None for every power of two. A program that then falls back to the default of
# microseconds reads wrong times.
#
# Output: "decimal 6: Some(1000000)", "binary 20: None". brocomm parses the option itself.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat >Cargo.toml <<'END'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"

[dependencies]
pcap-parser = "=0.17.0"

[workspace]
END
cat >src/main.rs <<'END'
use pcap_parser::pcapng::{Block, parse_block_le};

/// A pcapng interface description with one option, if_tsresol, in little-endian order.
fn interface(resolution: u8) -> Vec<u8> {
    let mut block = Vec::new();
    for word in [1u32, 32, 1, 65535] {
        block.extend(word.to_le_bytes());
    }
    block.extend([9, 0, 1, 0, resolution, 0, 0, 0]);
    block.extend([0, 0, 0, 0]);
    block.extend(32u32.to_le_bytes());
    block
}

fn main() {
    for (name, byte) in [("decimal 6", 6), ("binary 20", 0x80 | 20)] {
        match parse_block_le(&interface(byte)) {
            Ok((_, Block::InterfaceDescription(block))) => println!("{name}: {:?}", block.ts_resolution()),
            other => panic!("{other:?}"),
        }
    }
}
END
cargo run --quiet >seen
cat seen
printf 'decimal 6: Some(1000000)\nbinary 20: None\n' | cmp - seen
