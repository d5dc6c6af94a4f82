//! Two connections wired together, and single ones fed by hand.
