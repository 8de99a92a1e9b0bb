//! The list of tests, and running it: what lacks a privilege counts as ignored, and the reason is told.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use crate::privilege;

/// One test: its name and what it does. It fails by panicking.
pub type Case = (&'static str, fn());

/// The tests of one file.
pub type Module = (&'static str, &'static [Case]);

/// A module's list, from the names of its functions: `pub(crate) static CASES: &[Case] = cases![first, second];`
#[macro_export]
macro_rules! cases {
    ($($name:ident),* $(,)?) => { &[$((stringify!($name), $name as fn())),*] };
}

/// Runs the tests that the command line asks for, as `cargo test` and nextest do.
pub fn run(modules: &[Module]) -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = privilege::missing();
    if let Some(what) = &missing {
        // Standard output belongs to the list of tests.
        eprintln!("tests in network namespaces are skipped: missing {what}");
    }
    let trials = modules.iter().flat_map(|(module, cases)| {
        cases.iter().map(move |(name, test)| {
            let test = *test;
            Trial::test(format!("{module}::{name}"), move || {
                test();
                Ok(())
            })
        })
    });
    let trials = trials.map(|trial| trial.with_ignored_flag(missing.is_some())).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}
