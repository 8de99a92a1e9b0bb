//! `quit`: the end of the connection.

use crate::command::{Answer, Command};

pub(super) static ROWS: &[Command] = &[Command::new(&["quit"], "", "end the connection", |_| Answer::Quit)];
