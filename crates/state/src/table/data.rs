//! What an entry can store: the data types of `store`.

/// How a data type is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A signed 32-bit number.
    Signed,
    /// An unsigned 32-bit number that wraps.
    Unsigned,
    /// An unsigned 64-bit number that wraps.
    Long,
    /// Events per period.
    Rate,
    /// A text.
    Text,
}

macro_rules! data_types {
    ($($variant:ident, $name:literal, $kind:ident, $doc:literal;)*) => {
        /// A data type of `store`, in the order in which tables are shown.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum DataType {
            $(#[doc = $doc] $variant,)*
        }

        impl DataType {
            /// All types, in the order in which tables are shown.
            pub const ALL: &[DataType] = &[$(DataType::$variant),*];

            /// Its name in `store` and in the runtime API.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(DataType::$variant => $name,)* }
            }

            /// How it is held.
            #[must_use]
            pub fn kind(self) -> Kind {
                match self { $(DataType::$variant => Kind::$kind,)* }
            }
        }
    };
}

data_types! {
    ServerId, "server_id", Signed, "Numeric id of the server that a client sticks to.";
    Gpt0, "gpt0", Unsigned, "General-purpose tag 0.";
    Gpc0, "gpc0", Unsigned, "General-purpose counter 0.";
    Gpc0Rate, "gpc0_rate", Rate, "Increments of counter 0 per period.";
    ConnCnt, "conn_cnt", Unsigned, "Connections in all.";
    ConnRate, "conn_rate", Rate, "Connections per period.";
    ConnCur, "conn_cur", Unsigned, "Connections now.";
    SessCnt, "sess_cnt", Unsigned, "Accepted sessions in all.";
    SessRate, "sess_rate", Rate, "Accepted sessions per period.";
    HttpReqCnt, "http_req_cnt", Unsigned, "HTTP requests in all.";
    HttpReqRate, "http_req_rate", Rate, "HTTP requests per period.";
    HttpErrCnt, "http_err_cnt", Unsigned, "Errors that the client caused, in all.";
    HttpErrRate, "http_err_rate", Rate, "Errors that the client caused, per period.";
    BytesInCnt, "bytes_in_cnt", Long, "Bytes from the client in all.";
    BytesInRate, "bytes_in_rate", Rate, "Bytes from the client per period.";
    BytesOutCnt, "bytes_out_cnt", Long, "Bytes to the client in all.";
    BytesOutRate, "bytes_out_rate", Rate, "Bytes to the client per period.";
    Gpc1, "gpc1", Unsigned, "General-purpose counter 1.";
    Gpc1Rate, "gpc1_rate", Rate, "Increments of counter 1 per period.";
    ServerKey, "server_key", Text, "Name or address of the server that a client sticks to.";
    HttpFailCnt, "http_fail_cnt", Unsigned, "Failures that the server caused, in all.";
    HttpFailRate, "http_fail_rate", Rate, "Failures that the server caused, per period.";
    Gpt, "gpt", Unsigned, "An array of general-purpose tags.";
    Gpc, "gpc", Unsigned, "An array of general-purpose counters.";
    GpcRate, "gpc_rate", Rate, "Increments per period of an array of counters.";
    GlitchCnt, "glitch_cnt", Unsigned, "Protocol glitches of the client in all.";
    GlitchRate, "glitch_rate", Rate, "Protocol glitches of the client per period.";
}

impl DataType {
    /// The type called `name`; `server_name` is an old spelling of `server_key`.
    #[must_use]
    pub fn parse(name: &str) -> Option<DataType> {
        if name == "server_name" {
            return Some(DataType::ServerKey);
        }
        DataType::ALL.iter().copied().find(|data| data.name() == name)
    }

    /// As [`DataType::parse`], with an index for arrays: `gpc[3]`. Without one the index is 0.
    #[must_use]
    pub fn parse_indexed(text: &str) -> Option<(DataType, usize)> {
        let Some((name, rest)) = text.split_once('[') else { return Some((DataType::parse(text)?, 0)) };
        let data = DataType::parse(name).filter(|data| data.is_array())?;
        Some((data, rest.strip_suffix(']')?.parse().ok()?))
    }

    /// Whether `store` wants a number of elements for it.
    #[must_use]
    pub fn is_array(self) -> bool {
        matches!(self, DataType::Gpt | DataType::Gpc | DataType::GpcRate)
    }

    /// Whether it counts bytes per period, which `brates-factor` divides.
    #[must_use]
    pub fn is_byte_rate(self) -> bool {
        matches!(self, DataType::BytesInRate | DataType::BytesOutRate)
    }

    /// Whether only this process can know it, so that peers do not exchange it.
    #[must_use]
    pub fn is_local(self) -> bool {
        self == DataType::ConnCur
    }
}

impl Kind {
    /// How many words of 64 bits it takes; texts stand elsewhere.
    pub(super) fn words(self) -> usize {
        match self {
            Kind::Signed | Kind::Unsigned | Kind::Long => 1,
            Kind::Rate => 2,
            Kind::Text => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for data in DataType::ALL {
            assert_eq!(DataType::parse(data.name()), Some(*data));
        }
        assert_eq!(DataType::parse("server_name"), Some(DataType::ServerKey));
        assert_eq!(DataType::parse("gpc2"), None);
    }

    #[test]
    fn only_arrays_take_an_index() {
        assert_eq!(DataType::parse_indexed("gpc[3]"), Some((DataType::Gpc, 3)));
        assert_eq!(DataType::parse_indexed("gpc"), Some((DataType::Gpc, 0)));
        for wrong in ["gpc[]", "gpc[1", "gpc[1]x", "gpc0[0]", "gpc[-1]"] {
            assert_eq!(DataType::parse_indexed(wrong), None, "{wrong}");
        }
    }
}
