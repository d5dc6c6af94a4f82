#!/bin/sh
# pcap-parser 0.17.0 (crates.io) reads the time offset of a big-endian capture as little-endian.
#
# The option if_tsoffset of a pcapng interface holds seconds that are added to the times of its packets, in the byte order
# of its section. The crate parses such sections, but reads the field if_tsoffset as little-endian:
# an offset of one hour becomes 1156862154280796160 seconds. Its method ts_offset() returns the same
# field.
#
# Output: "little-endian: 3600", "big-endian: 1156862154280796160". brocomm parses the option itself.
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
use pcap_parser::pcapng::{Block, parse_block_be, parse_block_le};

/// A pcapng interface description with one option, if_tsoffset, of one hour.
fn interface(word: fn(u32) -> [u8; 4], half: fn(u16) -> [u8; 2], long: fn(i64) -> [u8; 8]) -> Vec<u8> {
    let mut block = Vec::new();
    // Type, length, link type of two bytes and two reserved ones, snap length.
    block.extend(word(1));
    block.extend(word(36));
    block.extend(half(1));
    block.extend(half(0));
    block.extend(word(65535));
    block.extend(half(14));
    block.extend(half(8));
    block.extend(long(3600));
    block.extend([0, 0, 0, 0]);
    block.extend(word(36));
    block
}

fn main() {
    let little = interface(u32::to_le_bytes, u16::to_le_bytes, i64::to_le_bytes);
    let big = interface(u32::to_be_bytes, u16::to_be_bytes, i64::to_be_bytes);
    for (name, read) in [("little-endian", parse_block_le(&little)), ("big-endian", parse_block_be(&big))] {
        match read {
            Ok((_, Block::InterfaceDescription(block))) => println!("{name}: {}", block.if_tsoffset),
            other => panic!("{other:?}"),
        }
    }
}
END
cargo run --quiet >seen
cat seen
printf 'little-endian: 3600\nbig-endian: 1156862154280796160\n' | cmp - seen
