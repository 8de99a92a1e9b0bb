//! A process in memory, and conversations with it.

use std::sync::Arc;

use diag::Sources;
use engine::build::{Surroundings, build};
use syntax::{Environment, NoFacts};

use crate::access::{Access, Level, SeverityOutput};
use crate::process::{About, Process};
use crate::session::{Session, Step};

/// The version of processes in tests.
pub(crate) const VERSION: &str = "3.5-test";

/// One process with a configuration.
pub(crate) struct Lab {
    pub(crate) process: Process,
}

impl Lab {
    /// A process that runs `text`; its files are those of the machine.
    pub(crate) fn new(text: &str) -> Lab {
        let mut sources = Sources::new();
        let file = sources.add("test.cfg", text.as_bytes().to_vec());
        let read = |path: &[u8]| {
            std::fs::read(String::from_utf8_lossy(path).as_ref()).map_err(|error| error.to_string())
        };
        let mut env = Environment::new();
        let loaded = config::load(&sources, &[file], &mut env, &NoFacts, Box::new(read), config::Lints::Skip);
        assert!(!loaded.diags.has_errors(), "{:?}", loaded.diags);
        let mut config = loaded.config;
        config.global.is_quiet = true;
        let around = Surroundings { workers: 2, hostname: "host".into(), pid: 77, maxconn: 100 };
        let (shared, _) = build(Arc::new(config), &around).unwrap_or_else(|error| panic!("{error:?}"));
        let about = About {
            version: VERSION.into(),
            build: "built for tests".into(),
            release_date: "2026/01/02".into(),
            environment: vec![(b"HOME".to_vec(), b"/root".to_vec()), (b"X".to_vec(), b"a b".to_vec())],
            nofile: 1_000,
            hard_maxconn: 200,
            ..About::default()
        };
        Lab { process: Process::new(shared, about) }
    }

    /// What comes back for `text`, with `<end>` where the connection is closed from here.
    pub(crate) fn talk(&self, level: Level, text: &str) -> String {
        let mut session = Session::new(&self.process, Access::new(level), SeverityOutput::None);
        session.push(text.as_bytes());
        let mut out = Vec::new();
        loop {
            match session.advance(&self.process, &mut out) {
                Step::Again => {}
                Step::Wait(time) => {
                    out.extend_from_slice(format!("<wait {}ms>", time.as_millis()).as_bytes())
                }
                Step::Read => break,
                Step::Close | Step::GiveSockets => {
                    out.extend_from_slice(b"<end>");
                    break;
                }
            }
        }
        String::from_utf8_lossy(&out).into_owned()
    }

    /// The answer to one command, given by an administrator, without the empty line behind it.
    pub(crate) fn ask(&self, command: &str) -> String {
        let text = self.talk(Level::Admin, &format!("{command}\n"));
        text.strip_suffix("\n<end>").unwrap_or_else(|| panic!("{command}: {text}")).to_owned()
    }
}
