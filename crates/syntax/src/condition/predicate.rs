//! The predicates, one row each.

use crate::environment::Environment;
use crate::facts::Facts;
use crate::version::{OpensslVersion, Version};

/// The names of the predicates, for lists and completion.
pub const PREDICATES: [&str; ROWS.len()] = {
    let mut names = [""; ROWS.len()];
    let mut n = 0;
    while n < ROWS.len() {
        names[n] = ROWS[n].name;
        n += 1;
    }
    names
};

#[derive(Debug)]
pub(super) struct Predicate {
    pub(super) name: &'static str,
    /// How many arguments it takes, no more and no fewer.
    pub(super) arity: usize,
    question: Question,
}

#[derive(Clone, Copy, Debug)]
enum Question {
    AwslcAtLeast,
    AwslcBefore,
    Defined,
    Enabled,
    Feature,
    FipsMode,
    OpensslAtLeast,
    OpensslBefore,
    SslLibrary,
    Equal,
    Different,
    Within,
    VersionAtLeast,
    VersionBefore,
}

const fn row(name: &'static str, arity: usize, question: Question) -> Predicate {
    Predicate { name, arity, question }
}

static ROWS: [Predicate; 14] = [
    row("awslc_api_atleast", 1, Question::AwslcAtLeast),
    row("awslc_api_before", 1, Question::AwslcBefore),
    row("defined", 1, Question::Defined),
    row("enabled", 1, Question::Enabled),
    row("feature", 1, Question::Feature),
    row("fips_mode", 0, Question::FipsMode),
    row("openssl_version_atleast", 1, Question::OpensslAtLeast),
    row("openssl_version_before", 1, Question::OpensslBefore),
    row("ssllib_name_startswith", 1, Question::SslLibrary),
    row("streq", 2, Question::Equal),
    row("strneq", 2, Question::Different),
    row("strstr", 2, Question::Within),
    row("version_atleast", 1, Question::VersionAtLeast),
    row("version_before", 1, Question::VersionBefore),
];

impl Predicate {
    pub(super) fn find(name: &[u8]) -> Option<&'static Self> {
        ROWS.iter().find(|row| row.name.as_bytes() == name)
    }

    /// The answer; `None` when the first argument cannot be judged. `arguments` are `arity` in number.
    pub(super) fn ask(&self, arguments: &[Vec<u8>], env: &Environment, facts: &dyn Facts) -> Option<bool> {
        let argument = |n: usize| arguments.get(n).map_or(&[][..], Vec::as_slice);
        let (first, second) = (argument(0), argument(1));
        let name = std::str::from_utf8(first).ok();
        Some(match self.question {
            Question::Defined => env.get(first).is_some(),
            Question::Enabled => name.is_some_and(|name| facts.enabled(name)),
            Question::Feature => name.is_some_and(|name| facts.feature(name)),
            Question::FipsMode => facts.fips_mode(),
            Question::Equal => first == second,
            Question::Different => first != second,
            Question::Within => second.is_empty() || first.windows(second.len()).any(|part| part == second),
            Question::SslLibrary => {
                facts.ssllib_name().is_some_and(|name| name.as_bytes().starts_with(first))
            }
            Question::VersionAtLeast => is_at_least(facts.version(), first),
            Question::VersionBefore => !is_at_least(facts.version(), first),
            Question::OpensslAtLeast => facts.openssl_version()? >= OpensslVersion::parse(first)?,
            Question::OpensslBefore => facts.openssl_version()? < OpensslVersion::parse(first)?,
            Question::AwslcAtLeast => facts.awslc_api()? >= name?.parse().ok()?,
            Question::AwslcBefore => facts.awslc_api()? < name?.parse().ok()?,
        })
    }
}

/// What is no version at all counts as older than any, as it does in HAProxy.
fn is_at_least(ours: Version, wanted: &[u8]) -> bool {
    Version::parse(wanted).is_none_or(|wanted| ours >= wanted)
}
