//! What the command line and the environment set. Nothing else reads the environment.

use std::path::{Path, PathBuf};
use std::time::Duration;

use actix_web::http::header::HeaderName;
use clap::builder::PossibleValue;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jsonwebtoken::Algorithm;

use crate::api::connection::Times;
use crate::api::gate::{self, Rate};
use crate::api::lang::Lang;
use crate::api::oidc::{ClaimNames, Settings, Source, Transport};
use crate::batch::forms::FormName;
use crate::domain::books::access::Role;
use crate::domain::books::entry::{KeyId, PartyId};
use crate::ledger::chain;
use crate::ledger::place::{Place, StoreUrl};
use crate::startup::Serving;

/// lode：矿业权出让收益计算服务 · Mining-rights transfer income as a service.
#[derive(Debug, Parser)]
#[command(name = "lode", version, args_conflicts_with_subcommands = true)]
pub struct Command {
    /// What to do; `serve` unless said.
    #[command(subcommand)]
    pub action: Option<Action>,
    /// The options of `serve`.
    #[command(flatten)]
    pub serve: Serve,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// 启动服务（默认）· Run the service (the default).
    Serve(Box<Serve>),
    /// 输出 OpenAPI 文档 · Print the OpenAPI document.
    Openapi,
    /// 计算：从标准输入读取请求，输出与接口相同的应答 · Answer a request from standard input as the API does.
    Calc(Calc),
    /// 批量计算：表格或 JSON 行，逐行应答 · Answer every row of a table or of JSON lines.
    Batch(Batch),
    /// 按中英文名称查找矿种 · Find minerals by any name or part of one.
    Minerals(FindMinerals),
    /// 输出命令补全脚本 · Print the completions of a shell.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: Shell,
    },
    /// 记录库 · The records.
    Ledger {
        /// Where the records are.
        #[command(flatten)]
        kept: Kept,
        /// What to ask.
        #[command(subcommand)]
        action: Ledger,
    },
    /// 备份记录库：服务运行时也可，写成一个校验过的文件 · Back up the records, beside the running service, into one verified file.
    Backup {
        /// Where the records are.
        #[command(flatten)]
        kept: Kept,
        /// 备份文件，不得已存在 · The file, which must not exist.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// 把备份恢复到空的记录库，目录或 PostgreSQL 均可 · Restore a backup into an empty store, whichever kind it came from.
    Restore {
        /// Where the records go.
        #[command(flatten)]
        kept: Kept,
        /// 备份文件 · The file.
        file: PathBuf,
    },
    /// 访问密钥 · Keys of the interface.
    Keys {
        /// Where the records are.
        #[command(flatten)]
        kept: Kept,
        /// What to do.
        #[command(subcommand)]
        action: Keys,
    },
    /// 一个主题的 Excel 模板 · A template for Excel, of one topic.
    Template(Template),
    /// 费率数据 · The rate data.
    Rates {
        /// What to do with it.
        #[command(subcommand)]
        action: Rates,
    },
}

/// Where the records are.
#[derive(Clone, Debug, Args)]
pub struct Kept {
    /// 记录的目录 · Directory of the records.
    #[arg(long, value_name = "DIR", env = "LODE_DATA", default_value = "./data", global = true)]
    pub data: PathBuf,
    /// 记录存于 PostgreSQL，不用目录；密码宜由环境变量给出 · Records on a PostgreSQL server instead of the directory; a
    /// password is better given by the environment.
    #[arg(long, value_name = "postgres://…", env = "LODE_STORE", hide_env_values = true, global = true)]
    pub store: Option<StoreUrl>,
}

impl Kept {
    /// The place.
    pub fn place(&self) -> Place {
        Place::of(&self.data, self.store.as_ref())
    }
}

/// What can be asked of the records.
#[derive(Clone, Debug, Subcommand)]
pub enum Ledger {
    /// 校验全部记录，指出首个有误之处 · Check every row and name the first that is not as it was written.
    Verify {
        /// 存证的链首：lode ledger head 打印的各行 · Heads that were kept elsewhere: lines as `lode ledger head` prints them.
        #[arg(long, value_name = "FILE")]
        anchors: Option<PathBuf>,
        /// 校验备份文件，而不是记录库 · Check a backup instead of the records.
        #[arg(long, value_name = "FILE")]
        backup: Option<PathBuf>,
    },
    /// 最后一条记录、访问日志最后一行的号和哈希 · Number and hash of the last entry and of the last row of the audit log.
    Head,
}

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// 发放密钥；只在此时显示一次 · Create a key, which is shown this once.
    Create {
        /// 角色 · What it may do: viewer, enterprise, assessor, confirmer, cashier, auditor, admin.
        #[arg(long, value_parser = role)]
        role: Role,
        /// 只限该地区：六位行政区划代码，省级如 610000 · Limit it to an area: a six-digit division code.
        #[arg(long, value_name = "CODE")]
        area: Option<String>,
        /// enterprise 代表的当事人，如 P2 · The party that an enterprise stands for, such as P2.
        #[arg(long, value_name = "ID", value_parser = party)]
        party: Option<PartyId>,
        /// 名称：何人或何用 · Whose it is, or what for.
        #[arg(long)]
        name: String,
        /// 何人：同一人的各密钥写同一文本，起草人不能用另一密钥确认；默认同名称 · The person: keys of one person have one text, who drafts with one does not confirm with another; the name unless said.
        #[arg(long)]
        person: Option<String>,
        /// 新记录库的哈希算法；已有的不变 · Hash of the records of a store that begins; one that exists keeps its own.
        #[arg(long, value_enum, env = "LODE_LEDGER_HASH", default_value_t = LedgerHash::Sha256)]
        ledger_hash: LedgerHash,
    },
    /// 列出全部密钥，不含密钥本身 · List all keys, without the keys themselves.
    List,
    /// 撤销密钥，立即生效，不可恢复 · Revoke a key, at once and for good.
    Revoke {
        /// 标识，如 K2 · Its id, such as K2.
        #[arg(value_parser = key)]
        id: KeyId,
    },
}

/// A text that can stand on a line of a paper.
fn one_line(text: &str) -> Result<String, String> {
    let text = text.trim();
    let fits = (1..=200).contains(&text.chars().count()) && !text.contains(char::is_control);
    fits.then(|| text.to_owned()).ok_or_else(|| {
        "应为 1 至 200 个字符，不含控制字符 · 1 to 200 characters, none of them a control character".to_owned()
    })
}

fn role(text: &str) -> Result<Role, String> {
    Role::ALL.iter().copied().find(|role| role.code() == text).ok_or_else(|| {
        let codes: Vec<&str> = Role::ALL.iter().map(|role| role.code()).collect();
        format!("可选 · one of: {}", codes.join(" "))
    })
}

fn party(text: &str) -> Result<PartyId, String> {
    PartyId::parse(text).ok_or_else(|| "应为当事人的标识，如 P2 · must be the id of a party, such as P2".to_owned())
}

fn key(text: &str) -> Result<KeyId, String> {
    KeyId::parse(text).ok_or_else(|| "应为密钥的标识，如 K2 · must be the id of a key, such as K2".to_owned())
}

/// How the service runs.
#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// 监听地址；端口 0 由系统选择 · Address to listen on; port 0 lets the system choose.
    #[arg(long, value_name = "HOST:PORT", env = "LODE_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Where the records are.
    #[command(flatten)]
    pub kept: Kept,
    /// 新记录库的哈希算法；已有的不变 · Hash of the records of a store that begins; one that exists keeps its own.
    #[arg(long, value_enum, env = "LODE_LEDGER_HASH", default_value_t = LedgerHash::Sha256)]
    pub ledger_hash: LedgerHash,
    /// 统一身份认证 · Signing in by OIDC.
    #[command(flatten)]
    pub oidc: Oidc,
    /// 计算和查询费率也须有密钥 · Calculations and reading the rates need a key too.
    #[arg(long, env = "LODE_REQUIRE_KEY")]
    pub require_key: bool,
    /// 费率数据目录；默认用内置数据 · Directory of the rate data; built in unless said.
    #[arg(long, value_name = "DIR", env = "LODE_RATES")]
    pub rates: Option<PathBuf>,
    /// 未发布的费率数据目录，可与已发布的比较 · Directory of rate data not yet released, to be compared with what is.
    #[arg(long, value_name = "DIR", env = "LODE_RATES_CANDIDATE")]
    pub rates_candidate: Option<PathBuf>,
    /// PDF 文书的 typst 模板；默认用内置模板 · typst template of documents as PDF; built in unless said.
    #[arg(long, value_name = "FILE", env = "LODE_TEMPLATE")]
    pub template: Option<PathBuf>,
    /// 开具机关的名称，印在通知书和对账单上；不填则留空 · Office that issues notices, printed on them; left to fill in unless said.
    #[arg(long, value_name = "NAME", env = "LODE_OFFICE", value_parser = one_line)]
    pub office: Option<String>,
    /// 开具机关的联系方式，印在通知书上 · How to reach the office, printed on notices.
    #[arg(long, value_name = "TEXT", env = "LODE_OFFICE_CONTACT", value_parser = one_line, requires = "office")]
    pub office_contact: Option<String>,
    /// 工作线程数；默认为处理器数 · Worker threads; one for each processor unless said.
    #[arg(long, value_name = "N", env = "LODE_WORKERS", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub workers: Option<u16>,
    /// 批量请求体的上限（MiB）· Longest body of a batch.
    #[arg(long, value_name = "MIB", env = "LODE_BATCH_MIB", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub batch_mib: u32,
    /// 作业和结果占用磁盘的上限（MiB）· What jobs and their results may take of the disk.
    #[arg(long, value_name = "MIB", env = "LODE_JOBS_MIB", default_value_t = 20_480, value_parser = clap::value_parser!(u32).range(1..))]
    pub jobs_mib: u32,
    /// 证书和私钥 · TLS.
    #[command(flatten)]
    pub tls: Tls,
    /// 限制 · Limits.
    #[command(flatten)]
    pub limits: LimitOptions,
    /// 另在此地址提供 /metrics 和 /health · Another address for /metrics and /health.
    #[arg(long, value_name = "HOST:PORT", env = "LODE_METRICS_LISTEN")]
    pub metrics_listen: Option<String>,
    /// 日志格式 · Form of the log on standard error.
    #[arg(long, value_enum, env = "LODE_LOG_FORMAT", default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// 日志过滤，如 lode=debug · What is logged.
    #[arg(long, value_name = "FILTER", env = "LODE_LOG", default_value = "info,actix_server=warn")]
    pub log: String,
}

/// The certificate of the service.
#[derive(Clone, Debug, Args)]
pub struct Tls {
    /// 以 TLS 提供服务：证书链（PEM），收到 SIGHUP 时重新读取 · Serve by TLS: the certificate chain (PEM), read again on SIGHUP.
    #[arg(long = "tls-cert", value_name = "FILE", env = "LODE_TLS_CERT", requires = "key")]
    pub cert: Option<PathBuf>,
    /// 证书的私钥（PEM）· Its private key (PEM).
    #[arg(id = "key", long = "tls-key", value_name = "FILE", env = "LODE_TLS_KEY", requires = "cert")]
    pub key: Option<PathBuf>,
}

/// What one service lets in.
#[derive(Clone, Debug, Args)]
pub struct LimitOptions {
    /// 每个地址每秒的请求数，可加瞬时数：50:200；默认不限 · Requests of one address a second, with a burst: 50:200; any number unless said.
    #[arg(long, value_name = "N[:BURST]", env = "LODE_RATE_PER_ADDRESS")]
    rate_per_address: Option<Rate>,
    /// 每个密钥或令牌每秒的请求数；默认不限 · Requests of one key or token a second; any number unless said.
    #[arg(long, value_name = "N[:BURST]", env = "LODE_RATE_PER_KEY")]
    rate_per_key: Option<Rate>,
    /// 代理写明来源地址的请求头，如 X-Real-IP；只在代理总是改写它时使用 · The header in which the proxy names the address; only where the proxy always sets it.
    #[arg(long, value_name = "HEADER", env = "LODE_ADDRESS_HEADER")]
    address_header: Option<HeaderName>,
    /// 同时处理的请求数，超过的为 503 · Requests worked on at once; more are 503.
    #[arg(long, value_name = "N", env = "LODE_MAX_REQUESTS", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    max_requests: u32,
    /// 请求等待处理的毫秒数，超过的为 503 · Milliseconds that a request waits to be worked on; beyond that it is 503.
    #[arg(long, value_name = "MS", env = "LODE_MAX_WAIT", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=600_000))]
    max_wait: u32,
    /// 每个工作线程的连接数 · Connections of each worker.
    #[arg(long, value_name = "N", env = "LODE_MAX_CONNECTIONS", default_value_t = 25_000, value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: u32,
    /// 请求体的字节数，批量除外 · Bytes of a body, batches apart.
    #[arg(long, value_name = "BYTES", env = "LODE_MAX_BODY", default_value_t = 1_048_576, value_parser = clap::value_parser!(u32).range(1024..=67_108_864))]
    max_body: u32,
    /// 请求头须在此秒数内送达 · Seconds for the head of a request.
    #[arg(long, value_name = "SECONDS", env = "LODE_HEAD_TIME", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3600))]
    head_time: u32,
    /// 请求体须在此秒数内送达 · Seconds for a body.
    #[arg(long, value_name = "SECONDS", env = "LODE_BODY_TIME", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3600))]
    body_time: u32,
    /// 空闲连接保持的秒数 · Seconds that a connection may be idle.
    #[arg(long, value_name = "SECONDS", env = "LODE_IDLE_TIME", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=3600))]
    idle_time: u32,
    /// 客户端取走 64 KiB 应答（或所余部分）的秒数 · Seconds for a client to take 64 KiB of an answer, or what is left of it.
    #[arg(long, value_name = "SECONDS", env = "LODE_ANSWER_TIME", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3600))]
    answer_time: u32,
    /// 停止时等待请求完成的秒数 · Seconds that a stop waits for requests.
    #[arg(long, value_name = "SECONDS", env = "LODE_STOP_TIME", default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=3600))]
    stop_time: u32,
    /// 磁盘余量低于此 MiB 数即未就绪 · MiB that the disk has to have left for the service to be ready.
    #[arg(long, value_name = "MIB", env = "LODE_MIN_FREE", default_value_t = 100)]
    min_free: u32,
}

impl LimitOptions {
    /// What the gate lets in.
    pub fn gate(&self) -> gate::Limits {
        gate::Limits {
            per_address: self.rate_per_address,
            per_key: self.rate_per_key,
            at_once: self.max_requests,
            wait: Some(Duration::from_millis(self.max_wait.into())),
            body: usize::try_from(self.max_body).unwrap_or(usize::MAX),
            body_time: seconds(self.body_time),
            address_header: self.address_header.clone(),
        }
    }

    /// How the service is served at an address.
    pub fn serving<'a>(&self, listen: &'a str, workers: Option<u16>) -> Serving<'a> {
        Serving {
            workers,
            times: Times {
                head: seconds(self.head_time),
                idle: seconds(self.idle_time),
                answer: seconds(self.answer_time),
            },
            stop_time: seconds(self.stop_time),
            connections: usize::try_from(self.max_connections).unwrap_or(usize::MAX),
            ..Serving::at(listen)
        }
    }

    /// Bytes that the disk has to have left.
    pub fn room(&self) -> u64 {
        u64::from(self.min_free) << 20
    }
}

fn seconds(number: u32) -> Duration {
    Duration::from_secs(number.into())
}

/// Who is signed in by tokens of an issuer.
#[derive(Clone, Debug, Args)]
pub struct Oidc {
    /// 统一身份（OIDC）的签发者，即令牌的 iss · The issuer: `iss` of its tokens.
    #[arg(long = "oidc-issuer", value_name = "URL", env = "LODE_OIDC_ISSUER", requires_all = ["audience", "jwks"])]
    issuer: Option<String>,
    /// 令牌的 aud 须含有的标识 · What `aud` of its tokens has to name.
    #[arg(
        id = "audience",
        long = "oidc-audience",
        value_name = "TEXT",
        env = "LODE_OIDC_AUDIENCE",
        requires = "issuer"
    )]
    audience: Option<String>,
    /// 签发者的公钥（JWKS）：文件或 https:// 地址 · Its keys: a file or an address.
    #[arg(id = "jwks", long = "oidc-jwks", value_name = "FILE|URL", env = "LODE_OIDC_JWKS", requires = "issuer")]
    jwks: Option<String>,
    /// 允许以 http:// 获取公钥：只用于本机或可信内网 · Keys may be fetched by http://, on this machine or a trusted network.
    #[arg(long = "oidc-allow-http", env = "LODE_OIDC_ALLOW_HTTP")]
    allow_http: bool,
    /// 两次获取公钥之间至少的秒数 · Seconds between two fetches of the keys, at least.
    #[arg(long = "oidc-refetch", value_name = "SECONDS", env = "LODE_OIDC_REFETCH", default_value_t = 60,
        value_parser = clap::value_parser!(u32).range(1..=86_400))]
    refetch: u32,
    /// 接受的签名算法，以逗号分隔 · Algorithms that are accepted.
    #[arg(
        long = "oidc-algorithms",
        value_enum,
        value_delimiter = ',',
        env = "LODE_OIDC_ALGORITHMS",
        default_value = "RS256,PS256,ES256"
    )]
    algorithms: Vec<SigningAlgorithm>,
    /// 接受的令牌类型（typ），以逗号分隔 · Values of `typ` that are accepted.
    #[arg(
        long = "oidc-typ",
        value_name = "TYPE",
        value_delimiter = ',',
        env = "LODE_OIDC_TYP",
        default_value = "at+jwt,JWT"
    )]
    typ: Vec<String>,
    /// 角色的声明；以 / 开头为 JSON 指针 · The claim of the role; a JSON pointer if it begins with `/`.
    #[arg(long = "oidc-role-claim", value_name = "CLAIM", env = "LODE_OIDC_ROLE_CLAIM", default_value = "lode_role")]
    role_claim: String,
    /// 地区的声明：六位代码，不限为 * · The claim of the area: a division code, `*` for all.
    #[arg(long = "oidc-area-claim", value_name = "CLAIM", env = "LODE_OIDC_AREA_CLAIM", default_value = "lode_area")]
    area_claim: String,
    /// enterprise 的当事人的声明：标识或信用代码 · The claim of an enterprise's party: its id or credit code.
    #[arg(
        long = "oidc-party-claim",
        value_name = "CLAIM",
        env = "LODE_OIDC_PARTY_CLAIM",
        default_value = "lode_party"
    )]
    party_claim: String,
    /// 人员的声明，与密钥的 --person 同一文本的为同一人；默认各主体各为一人 · The claim of the person, the same as a key's --person; each subject is one unless said.
    #[arg(long = "oidc-person-claim", value_name = "CLAIM", env = "LODE_OIDC_PERSON_CLAIM")]
    person_claim: Option<String>,
}

impl Oidc {
    /// What is configured, if an issuer is.
    pub fn settings(&self) -> Option<Settings> {
        let (Some(issuer), Some(audience), Some(jwks)) = (&self.issuer, &self.audience, &self.jwks) else {
            return None;
        };
        Some(Settings {
            issuer: issuer.clone(),
            audience: audience.clone(),
            source: if jwks.contains("://") { Source::Url(jwks.clone()) } else { Source::File(jwks.into()) },
            transport: if self.allow_http { Transport::Plain } else { Transport::Tls },
            algorithms: self.algorithms.iter().map(|algorithm| algorithm.1).collect(),
            types: self.typ.clone(),
            claims: ClaimNames {
                role: self.role_claim.clone(),
                area: self.area_claim.clone(),
                party: self.party_claim.clone(),
                person: self.person_claim.clone(),
            },
            refetch: Duration::from_secs(self.refetch.into()),
        })
    }
}

/// An algorithm that signs with a key of its own and verifies with a public one, by the name that a token gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SigningAlgorithm(&'static str, Algorithm);

impl ValueEnum for SigningAlgorithm {
    fn value_variants<'a>() -> &'a [SigningAlgorithm] {
        &[
            SigningAlgorithm("RS256", Algorithm::RS256),
            SigningAlgorithm("RS384", Algorithm::RS384),
            SigningAlgorithm("RS512", Algorithm::RS512),
            SigningAlgorithm("PS256", Algorithm::PS256),
            SigningAlgorithm("PS384", Algorithm::PS384),
            SigningAlgorithm("PS512", Algorithm::PS512),
            SigningAlgorithm("ES256", Algorithm::ES256),
            SigningAlgorithm("ES384", Algorithm::ES384),
            SigningAlgorithm("EdDSA", Algorithm::EdDSA),
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0))
    }
}

/// How the rows of the records are chained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LedgerHash {
    /// SHA-256.
    Sha256,
    /// SM3.
    Sm3,
}

impl From<LedgerHash> for chain::Algorithm {
    fn from(hash: LedgerHash) -> chain::Algorithm {
        match hash {
            LedgerHash::Sha256 => chain::Algorithm::Sha256,
            LedgerHash::Sm3 => chain::Algorithm::Sm3,
        }
    }
}

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object on each line.
    Json,
}

/// One calculation.
#[derive(Debug, Args)]
pub struct Calc {
    /// 计算主题，如 late-fee · The topic, as in the path of its route.
    pub topic: String,
    /// 文字的语言 · Language of texts.
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    pub lang: Language,
    /// 评估：列出全部规则及不适用的原因 · Assessment: show every rule and why it does not apply.
    #[arg(long)]
    pub explain_all: bool,
    /// 费率数据目录；默认用内置数据 · Directory of the rate data; built in unless said.
    #[arg(long, value_name = "DIR", env = "LODE_RATES")]
    pub rates: Option<PathBuf>,
    /// 错误中的请求标识 · The request id that an error names.
    #[arg(long, value_name = "ID")]
    pub request_id: Option<String>,
}

/// Many calculations at once.
///
/// 退出状态 · Exit status: 0 全部成功 all rows well; 1 部分行有误 some rows refused; 2 未完成，没有输出文件 nothing done.
#[derive(Debug, Args)]
pub struct Batch {
    /// 计算主题，如 annual-income · The topic, as in the path of its route.
    pub topic: String,
    /// 输入文件，- 为标准输入 · The input, `-` for standard input.
    pub input: PathBuf,
    /// 输出文件，- 为标准输出；完成后才出现 · The output, `-` for standard output; a file is there once it is whole.
    #[arg(short, long, value_name = "OUT", default_value = "-")]
    pub output: PathBuf,
    /// 输入的格式；默认按扩展名 · Form of the input; by its extension unless said.
    #[arg(long, value_enum, value_name = "FORM")]
    pub from: Option<FormName>,
    /// 输出的格式；默认按扩展名，否则同输入 · Form of the output; by its extension unless said, else that of the input.
    #[arg(long, value_enum, value_name = "FORM")]
    pub to: Option<FormName>,
    /// 文字和表头的语言 · Language of texts and heads.
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    pub lang: Language,
    /// 是否含计算步骤：CSV 默认不含，JSON 行默认含，与接口相同 · With steps or without: JSON lines have them unless said, as the API does.
    #[arg(long, value_name = "YES", num_args = 0..=1, default_missing_value = "true")]
    pub steps: Option<bool>,
    /// 计算线程数；默认为处理器数 · Threads that compute; one for each processor unless said.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
    /// XLSX 输入的工作表名；默认“数据”，没有则第一张可见的 · Sheet of the XLSX input; “数据” or “Data” unless said, else the first one.
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// CSV 输入的编码；默认自动识别 · Encoding of the CSV input; found out unless said.
    #[arg(long, value_enum, default_value_t = Encoding::Auto)]
    pub encoding: Encoding,
    /// CSV 输入的分隔符；默认自动识别 · Separator of the CSV input; found out unless said.
    #[arg(long, value_enum)]
    pub separator: Option<SeparatorName>,
    /// CSV 输出不写 UTF-8 标记 · Write CSV without a byte order mark.
    #[arg(long)]
    pub no_bom: bool,
    /// 评估：列出全部规则及不适用的原因（JSON 行）· Assessment: show every rule and why it does not apply (JSON lines).
    #[arg(long)]
    pub explain_all: bool,
    /// 不显示进度和结果行数 · Show neither progress nor counts.
    #[arg(long, short)]
    pub quiet: bool,
    /// 费率数据目录；默认用内置数据 · Directory of the rate data; built in unless said.
    #[arg(long, value_name = "DIR", env = "LODE_RATES")]
    pub rates: Option<PathBuf>,
    /// 错误中的请求标识 · The request id that errors name.
    #[arg(long, value_name = "ID")]
    pub request_id: Option<String>,
}

impl ValueEnum for FormName {
    fn value_variants<'a>() -> &'a [FormName] {
        FormName::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            FormName::Csv => "CSV，扩展名 csv、tsv、txt · A table as text",
            FormName::Lines => "JSON 行，扩展名 jsonl、ndjson · A JSON object on each line",
            FormName::Xlsx => "Excel 工作簿，扩展名 xlsx · A workbook of Excel",
        };
        Some(PossibleValue::new(self.row().extension).help(help))
    }
}

/// The encodings of a table as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Encoding {
    /// Found out.
    Auto,
    /// UTF-8.
    #[value(name = "utf-8")]
    Utf8,
    /// GB18030, GBK, GB2312.
    Gb18030,
}

/// What sets cells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SeparatorName {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tab.
    Tab,
}

/// A template to fill in.
#[derive(Debug, Args)]
pub struct Template {
    /// 计算主题，如 annual-income · The topic, as in the path of its route.
    pub topic: String,
    /// 输出文件，- 为标准输出 · The output, `-` for standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// 表头和说明的语言 · Language of heads and notes.
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    pub lang: Language,
    /// 费率数据目录；默认用内置数据 · Directory of the rate data; built in unless said.
    #[arg(long, value_name = "DIR", env = "LODE_RATES")]
    pub rates: Option<PathBuf>,
}

/// A search for minerals.
#[derive(Debug, Args)]
pub struct FindMinerals {
    /// 名称、代码或其一部分；不填列出全部 · A name, a code or a part of one; all of them if left out.
    pub name: Option<String>,
    /// 矿种目录的日期；默认现有最新的目录 · The day whose catalogue counts; the latest at hand unless said.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub as_of: Option<chrono::NaiveDate>,
    /// 文字的语言 · Language of texts.
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    pub lang: Language,
    /// 费率数据目录；默认用内置数据 · Directory of the rate data; built in unless said.
    #[arg(long, value_name = "DIR", env = "LODE_RATES")]
    pub rates: Option<PathBuf>,
}

/// The language of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Chinese.
    Zh,
    /// English.
    En,
}

impl From<Language> for Lang {
    fn from(language: Language) -> Lang {
        match language {
            Language::Zh => Lang::Zh,
            Language::En => Lang::En,
        }
    }
}

/// What can be done with the rate data.
#[derive(Debug, Subcommand)]
pub enum Rates {
    /// 检查目录（默认内置数据），列出全部问题 · Check a directory, or the built-in data, and list every problem.
    Check {
        /// The directory.
        directory: Option<PathBuf>,
    },
    /// 重写目录的 manifest.toml；内置数据则输出 · Write the manifest of a directory; print that of the built-in data.
    Manifest {
        /// The directory.
        directory: Option<PathBuf>,
        /// 核对日期 · The day on which the data was verified.
        #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
        verified_on: chrono::NaiveDate,
        /// 数据集标识；默认按核对日期 · Id of the dataset; made of the day unless said.
        #[arg(long, value_name = "ID", value_parser = dataset_id)]
        id: Option<String>,
    },
    /// 两个数据集之间的变化：标识或目录 · What changed between two datasets, each by its id or its directory.
    Diff {
        /// 之前 · Before.
        from: String,
        /// 之后 · After.
        to: String,
        /// 文字的语言 · Language of texts.
        #[arg(long, value_enum, default_value_t = Language::Zh)]
        lang: Language,
    },
}

/// A name that fits into headers, paths and file names.
fn dataset_id(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if (1..=64).contains(&text.len()) && text.bytes().all(plain) {
        return Ok(text.to_owned());
    }
    Err("1 至 64 个字母、数字、“-”、“_”、“.” · 1 to 64 letters, digits, “-”, “_”, “.”".to_owned())
}

fn day(text: &str) -> Result<chrono::NaiveDate, String> {
    crate::api::shape::date(text).ok_or_else(|| "请写成 YYYY-MM-DD · write it as YYYY-MM-DD".to_owned())
}

/// The directory of the rate data as the loader takes it.
pub fn directory(rates: Option<&PathBuf>) -> Option<&Path> {
    rates.map(PathBuf::as_path)
}
