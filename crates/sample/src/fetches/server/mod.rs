//! What the connection to the server tells (chapter 7.3.3, names that begin with `bc_`).

use crate::rows::Fetch;

mod address;
mod facts;
mod rtt;
mod streams;

pub(super) static ROWS: &[&[&Fetch]] = &[address::ROWS, facts::ROWS, rtt::ROWS, streams::ROWS];
