//! Commands about servers: their state, weight, health, address and limits (management guide, `set server` and its
//! relatives).

use crate::command::Command;

mod address;
mod check_place;
pub(crate) mod dynamic;
mod limits;
mod sessions;
mod set;
mod show;
mod state;
mod weight;

pub(super) static LISTS: &[&[Command]] =
    &[dynamic::ROWS, set::ROWS, state::ROWS, weight::ROWS, limits::ROWS, sessions::ROWS, show::ROWS];

#[cfg(test)]
mod tests;
