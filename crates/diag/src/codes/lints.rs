//! `E06xx`: what is well formed and probably not meant. HAProxy says nothing of these, so `zero-warning` and `-dW` pass
//! over them.

pages! {
    /// A rule behind one that always ends its ruleset.
    UNREACHABLE_RULE = "E0601", "a rule that never runs" {
        says: "A rule of the same ruleset above this one has no condition and always ends the ruleset.",
        why: "`deny`, `allow`, `reject`, `return`, `redirect` and their like end the rules; without a condition they do so for every request. The condition of the rule above is missing, or this one must stand above it.",
        wrong: "frontend web\n    mode http\n    bind :80\n    http-request deny\n    http-request set-header X-A 1\n",
        right: "frontend web\n    mode http\n    bind :80\n    http-request set-header X-A 1\n    http-request deny\n",
    }
    /// A `use_backend` behind one without a condition.
    UNREACHABLE_SWITCH = "E0602", "a `use_backend` that is never reached" {
        says: "A `use_backend` line above this one has no condition, so it is always the one that is taken.",
        why: "The first line whose condition holds decides. A line without a condition belongs to the end, or is better written `default_backend`.",
        wrong: "frontend web\n    mode http\n    bind :80\n    use_backend a\n    use_backend b if { path_beg /b }\nbackend a\n    mode http\nbackend b\n    mode http\n",
        right: "frontend web\n    mode http\n    bind :80\n    use_backend b if { path_beg /b }\n    use_backend a\nbackend a\n    mode http\nbackend b\n    mode http\n",
    }
    /// An ACL that nothing uses.
    UNUSED_ACL = "E0603", "an ACL that nothing uses" {
        says: "No condition and no expression of this section uses the ACL.",
        why: "Perhaps its user was taken out, or names another one by mistake. ACLs belong to their section: other sections cannot use it.",
        wrong: "frontend web\n    mode http\n    bind :80\n    acl is_api path_beg /api\n",
        right: "frontend web\n    mode http\n    bind :80\n    acl is_api path_beg /api\n    http-request set-header X-Api 1 if is_api\n",
    }
    /// A backend that no proxy can reach.
    UNUSED_BACKEND = "E0604", "a backend that nothing uses" {
        says: "No `use_backend`, `default_backend` or other line names this backend, and no line computes names.",
        why: "Its servers never get a request, though they are checked. A line that names it may be missing or mistyped.",
        wrong: "frontend web\n    mode http\n    bind :80\n    default_backend a\nbackend a\n    mode http\nbackend b\n    mode http\n    server s1 127.0.0.1:8080\n",
        right: "frontend web\n    mode http\n    bind :80\n    default_backend a\n    use_backend b if { path_beg /b }\nbackend a\n    mode http\nbackend b\n    mode http\n    server s1 127.0.0.1:8080\n",
    }
    /// A frontend that leads nowhere.
    LEADS_NOWHERE = "E0605", "a frontend that leads nowhere" {
        says: "The frontend has no `default_backend`, no `use_backend`, and no rule that answers by itself.",
        why: "Every request gets a 503, every connection in TCP mode is closed. Name the backend that it is for.",
        wrong: "frontend web\n    mode http\n    bind :80\nbackend app\n    mode http\n    server s1 127.0.0.1:8080\n",
        right: "frontend web\n    mode http\n    bind :80\n    default_backend app\nbackend app\n    mode http\n    server s1 127.0.0.1:8080\n",
    }
    /// An ACL whose name is that of a predefined one.
    ACL_HIDES = "E0606", "an ACL that hides a predefined one" {
        says: "The ACL has the name of a predefined ACL such as `TRUE`, `METH_GET` or `LOCALHOST`.",
        why: "From here on the name means this one, and a reader will think of the other. Give it a name of its own.",
        wrong: "frontend web\n    mode http\n    bind :80\n    acl METH_GET method GET HEAD PURGE\n    http-request deny if !METH_GET\n",
        right: "frontend web\n    mode http\n    bind :80\n    acl is_read method GET HEAD PURGE\n    http-request deny if !is_read\n",
    }
    /// An ACL in which no value can match.
    NEVER_MATCHES = "E0607", "an ACL that can never match" {
        says: "The value is made lower or upper case, and every pattern holds a letter of the other case.",
        why: "Patterns are compared byte by byte unless `-i` is given. Write the patterns in the case that the converter makes.",
        wrong: "frontend web\n    mode http\n    bind :80\n    acl shop hdr(host),lower -m str Shop.example.com\n    http-request deny if shop\n",
        right: "frontend web\n    mode http\n    bind :80\n    acl shop hdr(host),lower -m str shop.example.com\n    http-request deny if shop\n",
    }
    /// An ACL whose name is that of a sample fetch.
    ACL_IS_FETCH = "E0608", "an ACL with the name of a fetch" {
        says: "The ACL has the name of a sample fetch such as `path` or `src`.",
        why: "It works, but `if path` means the ACL and `if { path /x }` the fetch, and a brace that is forgotten changes the meaning without an error. Give it a name that says what is tested, as `is_api`.",
        wrong: "frontend web\n    mode http\n    bind :80\n    acl path path_beg /x\n    http-request deny if path\n",
        right: "frontend web\n    mode http\n    bind :80\n    acl below_x path_beg /x\n    http-request deny if below_x\n",
    }
}
