//! JSON.

mod attributes;
mod code;
mod container;
mod document;
mod double;
mod mapping;
mod message;
mod node;
mod object;
mod opaque;
mod reader;
#[cfg(test)]
mod tests;
mod types;
mod value;
mod writer;
