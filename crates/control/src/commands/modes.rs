//! `expert-mode` and `experimental-mode`: commands that are not for everybody.

use crate::access::{Level, Mode};
use crate::command::{Answer, Command, Request};

pub(super) static ROWS: &[Command] = &[
    Command::new(&["expert-mode"], "", "show or switch the commands for experts", |request| {
        switch(request, Mode::Expert)
    })
    .level(Level::Admin),
    Command::new(&["experimental-mode"], "", "show or switch the experimental commands", |request| {
        switch(request, Mode::Experimental)
    })
    .level(Level::Admin),
];

fn switch(request: &mut Request<'_>, mode: Mode) -> Answer {
    request.client.is_glued = request.word(2) == b"-";
    let word = request.word(1);
    let access = &mut request.client.access;
    let (name, is_on) = match mode {
        Mode::Experimental => ("experimental-mode", &mut access.is_experimental),
        Mode::Expert | Mode::Normal => ("expert-mode", &mut access.is_expert),
    };
    if word.is_empty() {
        return Answer::info(format!("{name} is {}\n", if *is_on { "ON" } else { "OFF" }));
    }
    *is_on = word == b"on";
    Answer::Done
}
