//! Patterns: what ACLs and maps compare samples with (configuration manual, chapter 7.1 "ACL basics" and following).
//!
//! A [`PatternSet`] is a compiled list of patterns for one matching method. What an operator can change while it runs
//! (files named by `-f` and `-M`, `-u` ids, maps) is a [`PatternRef`]: the texts, in generations; each use of it with
//! a method is a [`PatternExpr`], whose set is replaced as a whole whenever the texts change, so that look-ups take
//! no lock.

mod ends;
mod entry;
mod few;
pub mod file;
mod flat;
mod generation;
mod index;
pub mod map;
pub mod net;
mod number;
mod parse;
mod prefix;
mod published;
mod reference;
mod registry;
mod set;
mod text;
mod word;

pub use ends::{Ends, Mark};
pub use entry::{Entries, Entry, Held, Output, OutputError};
pub use map::Map;
pub use parse::{PatternError, PatternWhy, canonical_words};
pub use reference::{AttachError, Columns, PatternExpr, PatternRef, RefError};
pub use registry::{PatternRefs, Registered, RegistryError, UsedBy};
pub use set::PatternSet;

use crate::value::Type;

/// Whether the case of letters counts (`-i`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Case {
    /// It does.
    #[default]
    Sensitive,
    /// It does not.
    Insensitive,
}

macro_rules! methods {
    ($($variant:ident, $name:literal, $cast:ident, $doc:literal;)*) => {
        /// How a sample is compared with patterns (`-m`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Method {
            $(#[doc = $doc] $variant,)*
        }

        impl Method {
            /// All methods.
            pub const ALL: &[Method] = &[$(Method::$variant),*];

            /// Its name after `-m` and in `map_<name>`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Method::$variant => $name,)* }
            }

            /// The type that samples are cast to before they are compared.
            #[must_use]
            pub fn sample_type(self) -> Type {
                match self { $(Method::$variant => Type::$cast,)* }
            }
        }
    };
}

methods! {
    Found, "found", Any, "The sample exists, whatever it is.";
    Bool, "bool", Int, "The sample is not 0.";
    Int, "int", Int, "The sample lies in a range.";
    Version, "ver", Int, "As `int`, for versions of two numbers such as `3.1`.";
    Ip, "ip", Addr, "The sample lies in a network.";
    Bin, "bin", Bin, "The sample is these bytes, written in hexadecimal.";
    Len, "len", Str, "The sample's length lies in a range.";
    Str, "str", Str, "The sample is this text.";
    Beg, "beg", Str, "The sample begins with this text.";
    Sub, "sub", Str, "The sample contains this text.";
    Dir, "dir", Str, "The sample contains this text between `/` and `?`.";
    Dom, "dom", Str, "The sample contains this text between `/`, `?`, `.` and `:`.";
    End, "end", Str, "The sample ends with this text.";
    Reg, "reg", Str, "The sample matches this expression.";
    Regm, "regm", Str, "As `reg`, and a map's value may refer to the expression's groups.";
}

impl Method {
    /// The method called `name` after `-m`; `ver` is not among them, only some fetches use it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Method> {
        Method::ALL.iter().copied().find(|m| m.name() == name && *m != Method::Version)
    }

    /// Whether patterns are looked at at all.
    #[must_use]
    pub fn takes_patterns(self) -> bool {
        !matches!(self, Method::Found | Method::Bool)
    }

    /// Whether patterns are numbers, which operators (`ge 5`) may stand before.
    #[must_use]
    pub fn takes_operators(self) -> bool {
        matches!(self, Method::Int | Method::Len | Method::Version)
    }
}
