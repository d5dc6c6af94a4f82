//! Chunks, compression and messages (§1, §2).
