//! Directives that say nothing about what a proxy does with a request: how Apache's processes run, how it serves files,
//! and what is so here without being told.

/// How processes run, modules are found and files are served; in lower case.
const DIRECTIVES: &[&str] = &[
    // Processes.
    "user", "group", "pidfile", "mutex", "startservers", "minspareservers", "maxspareservers", "serverlimit",
    "threadsperchild", "threadlimit", "minsparethreads", "maxsparethreads", "maxrequestworkers", "maxclients",
    "maxconnectionsperchild", "maxrequestsperchild", "asyncrequestworkerfactor", "listenbacklog", "listencoresbucketsratio",
    "coredumpdirectory", "scoreboardfile", "defaultruntimedir", "enablemmap", "enablesendfile", "maxkeepaliverequests",
    "gracefulshutdowntimeout", "sendbuffersize", "receivebuffersize", "maxmemfree", "threadstacksize", "acceptfilter",
    "acceptmutex", "lockfile", "loadfile", "extendedstatus", "mergetrailers",
    // What is said about the server itself.
    "servertokens", "serversignature", "serveradmin", "traceenable", "loglevel", "errorlogformat", "hostnamelookups",
    "identitycheck", "contentdigest", "warn", "namevirtualhost", "usecanonicalphysicalport",
    // Files.
    "directoryindex", "directoryslash", "directoryindexredirect", "options", "allowoverride",
    "allowoverridelist", "accessfilename", "fileetag", "addtype", "addencoding", "addlanguage", "addcharset",
    "adddefaultcharset", "addhandler", "typesconfig", "mimemagicfile", "languagepriority", "forcelanguagepriority",
    "removetype", "removehandler", "removeencoding", "defaulttype", "forcetype", "indexoptions", "indexignore",
    "indexorderdefault", "addicon", "addiconbytype", "addiconbyencoding", "adddescription", "defaulticon", "readmename",
    "headername", "scriptlog", "scriptsock", "cgipassauth", "xbithack", "userdir", "checkspelling", "multiviewsmatch",
    // TLS: how it is done, not what is served.
    "sslrandomseed", "sslsessioncache", "sslsessioncachetimeout", "sslcompression", "sslinsecurerenegotiation",
    "sslcryptodevice", "sslpassphrasedialog", "ssloptions", "sslrenegbuffersize", "sslstaplingcache",
    "sslproxyciphersuitev13", "sslsessionticketkeyfile", "sslproxymachinecertificatechainfile", "sslfips",
    // The proxy: what is so here without being told.
    "proxyrequests", "proxybadheader", "proxymaxforwards", "proxyreceivebuffersize", "proxyiobuffersize",
    "proxystatus", "balancergrowth", "balancerpersist", "balancerinherit", "proxywebsocketasync",
    "proxywebsocketidletimeout", "proxywebsocketasyncdelay", "proxy100continue",
    // Limits on heads: ours are `tune.http.maxhdr` and `tune.bufsize`.
    "limitrequestfields", "limitrequestfieldsize", "limitrequestline", "httpprotocoloptions", "mergeslashes",
    "limitinternalrecursion", "keptbodysize",
    // Answers as they come from servers.
    "serverpath", "modmimeusepathinfo",
];

/// Sections about files and about heads of requests that a proxy passes on.
const SECTIONS: &[&str] =
    &["directory", "directorymatch", "files", "filesmatch", "requireall", "requireany", "requirenone"];

/// Whether a directive is left out without a word.
pub(super) fn is(key: &str) -> bool {
    DIRECTIVES.contains(&key)
}

/// Whether a section is left out without a word, or read elsewhere.
pub(super) fn is_section(key: &str) -> bool {
    SECTIONS.contains(&key)
}
