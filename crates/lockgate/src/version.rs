//! The version, in the shapes of `-v`, `-vv` and `-vq*`. Scripts look for `HAProxy version` and for `TARGET  =`.

use crate::facts;
use crate::options::VersionShape;

/// The version of HAProxy whose configurations are spoken.
pub(crate) const HAPROXY_VERSION: &str = "3.5-dev5";
/// The date of that version.
pub(crate) const HAPROXY_RELEASE_DATE: &str = "2026/08/21";
/// Its branch.
pub(crate) const HAPROXY_BRANCH: &str = "3.5";

/// The text of one shape, ending in a line feed.
pub(crate) fn text(shape: VersionShape) -> String {
    match shape {
        VersionShape::Plain => format!("{HAPROXY_VERSION}\n"),
        VersionShape::Numbers | VersionShape::Branch => format!("{HAPROXY_BRANCH}\n"),
        VersionShape::Short => banner(),
        VersionShape::Build => banner() + &build(),
    }
}

fn banner() -> String {
    let kernel = |name: &str| {
        let text = std::fs::read_to_string(format!("/proc/sys/kernel/{name}")).unwrap_or_default();
        text.trim().to_owned()
    };
    format!(
        "HAProxy version {HAPROXY_VERSION} (lockgate {})\nRunning on: {} {} {} {}\n",
        env!("CARGO_PKG_VERSION"),
        kernel("ostype"),
        kernel("osrelease"),
        kernel("version"),
        std::env::consts::ARCH,
    )
}

fn build() -> String {
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let tune = config::model::Tune::default();
    format!(
        "Build options :\n  TARGET  = linux-glibc\n  CC      = rustc\n  PROFILE = {profile}\n\n\
         Feature list : {}\n\n\
         Default settings :\n  bufsize = {}, maxrewrite = {}\n\n\
         {}\n\n\
         Available polling systems :\n      epoll : pref=300,  test result OK\n\
         Total: 1 (1 usable), will use epoll.\n\n\
         Available multiplexer protocols :\n         h1 : mode=HTTP  side=FE|BE\n       none : mode=TCP   side=FE|BE\n",
        facts::feature_list(),
        tune.bufsize,
        tune.maxrewrite,
        built_with().join("\n"),
    )
}

/// What it is built with, a line each.
pub(crate) fn built_with() -> Vec<String> {
    vec![
        format!("Built with multi-threading support (default={}).", crate::limits::usable_cores()),
        "Built with regular expressions in linear time, in the syntax of PCRE.".to_owned(),
        "Encrypted password support : yes".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_find_what_they_look_for() {
        let text = text(VersionShape::Build);
        assert!(text.starts_with("HAProxy version 3.5-dev5 "));
        let target = text.lines().find(|line| line.contains("TARGET")).unwrap();
        assert_eq!(target.split("= ").nth(1), Some("linux-glibc"));
        assert!(text.contains("\nFeature list : -51DEGREES "));
    }

    #[test]
    fn plain_shapes_are_one_word() {
        assert_eq!(super::text(VersionShape::Plain), "3.5-dev5\n");
        assert_eq!(super::text(VersionShape::Branch), "3.5\n");
    }
}
