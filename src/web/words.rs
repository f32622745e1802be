//! The texts of the pages in both languages, in one place. Those of a part of the pages that is large may stand in a table
//! of its own, made by the same macro.

/// Declares a table of texts: `name: "中文", "English";` each. `Table::of(lang)` gives the texts of a language.
macro_rules! word_table {
    ($(#[$meta:meta])* $table:ident { $($name:ident: $zh:literal, $en:literal;)* }) => {
        $(#[$meta])*
        #[derive(Debug)]
        pub(crate) struct $table {
            $(pub(crate) $name: &'static str,)*
        }

        impl $table {
            /// The texts in a language.
            pub(crate) fn of(lang: $crate::api::lang::Lang) -> &'static $table {
                static ZH: $table = $table { $($name: $zh,)* };
                static EN: $table = $table { $($name: $en,)* };
                match lang {
                    $crate::api::lang::Lang::Zh => &ZH,
                    $crate::api::lang::Lang::En => &EN,
                }
            }
        }
    };
}

/// What one row of a list is called: `销售`, `a sale`. Lists without a word of their own are called by their label.
pub(crate) fn one_of(list: &str, lang: crate::api::lang::Lang) -> Option<&'static str> {
    let (zh, en) = match list {
        "lines" | "sales" => ("销售", "Sale"),
        "payments" => ("缴款", "Payment"),
        "deferrals" => ("缓缴", "Deferral"),
        "periods" => ("期间", "Period"),
        "items" => ("矿种", "Mineral"),
        "parts" => ("海域", "Area of sea"),
        "scenarios" => ("方案", "Scenario"),
        "coefficients" => ("调整系数", "Factor"),
        _ => return None,
    };
    Some(match lang {
        crate::api::lang::Lang::Zh => zh,
        crate::api::lang::Lang::En => en,
    })
}

word_table! {
    /// What every page says.
    Words {
        html_lang: "zh-CN", "en";
        service: "矿业权出让收益", "Mining-rights transfer income";
        workbench: "计算工作台", "Workbench";
        skip: "跳到正文", "Skip to the content";
        navigation: "主导航", "Main";
        calculate: "计算", "Calculate";
        project: "测算", "Project";
        rates: "费率", "Rates";
        batch: "批量", "Batch";
        records: "记录", "Records";
        about: "说明", "About";
        home: "首页", "Home";
        other_language: "English", "中文";
        unit: "金额单位", "Unit of amounts";
        theme: "明暗", "Theme";
        theme_auto: "自动", "Auto";
        theme_light: "浅色", "Light";
        theme_dark: "深色", "Dark";
        dataset: "费率数据集", "Rate data";
        api_pages: "接口文档", "API";
        disclaimer: "结果依所填内容和所列数据版本计算；缴款以缴款通知书为准。", "Results follow from what was entered and the data versions named; what is to be paid is said by the payment notice.";
        not_found: "没有这个页面", "There is no such page";
        not_found_more: "地址可能有误，或页面已经移动。可以从下面的入口重新开始。", "The address may be mistyped, or the page has moved. Start again from here.";
        busy: "服务正忙，请稍后重试", "The service is busy: please try again";
        busy_more: "现在的请求过多，这次的没有处理。请过几秒重新提交，所填内容可用浏览器的后退取回。", "There are too many requests at the moment, and this one was not worked on. Send it again in a few seconds; the back button brings back what was entered.";
        internal: "服务内部错误", "An internal error";
        internal_more: "这是程序的问题，与所填内容无关。请向维护者提供下面的编号。", "This is a defect of the program, whatever was entered. Please report the number below to the maintainers.";
        not_allowed: "该页面不支持这种请求", "The page does not take this kind of request";
        foreign: "请求来自其他网站，已拒绝", "The request came from another site and was refused";
        sign_in_first: "需要先登录", "Sign in first";
        sign_in_more: "本服务的计算和费率只对持有密钥的人开放。", "Calculations and rates of this service are open to holders of a key only.";
        request_id: "请求编号", "Request id";
        examples: "示例", "Examples";
        fill_example: "填入示例", "fill in an example";
        clear: "清空", "Clear";
        required_mark: "必填", "required";
        result: "结果", "Result";
        candidates: "是否为", "Did you mean";
        remove: "删除", "Remove";
        add: "增加", "Add";
        more_fields: "其他填法和选项", "Other ways and options";
        fill_in: "填写左边（手机上为上方）的事实，结果随填随算，并列出公式、条次和数据版本。", "Fill in the facts beside (above, on a phone): the result follows as you type, with formulas, articles and data versions.";
        to_correct: "需要更正", "To be corrected";
        still_needed: "还需填写", "Still needed";
        copy: "复制文字", "Copy as text";
        as_text: "文本", "Text";
        link: "本次计算的链接", "Link to this calculation";
        draft_this: "据此起草核定", "Draft an assessment by this";
        declare_this: "据此登记申报", "Declare this";
        print: "打印", "Print";
        mind: "请注意", "Mind";
        steps: "计算步骤", "Steps";
        versions_used: "所用数据版本", "Data versions used";
        version: "版本", "Version";
        instrument: "文件", "Instrument";
        in_force: "施行期间", "In force";
        provenance: "出处", "Provenance";
        catalogue: "矿种目录", "Catalogue";
        all_versions: "数据版本", "Versions";
        instruments: "文件沿革", "Instruments";
        changes: "两日之间的变化", "Changes between two days";
        coverage: "条文覆盖", "Coverage of articles";
        no_day: "日期应为日历中的一天，写成 YYYY-MM-DD。", "The day must be one of the calendar, as YYYY-MM-DD.";
        no_catalogue: "该日没有生效的矿种目录（2023-05-01 起才有）。", "No catalogue is in force on that day (there is one from 2023-05-01 on).";
        two_days: "请填写两个日期。", "Give two days.";
        nation: "全国", "National";
        text_verbatim: "有原文", "text at hand";
        text_facts: "只有要点", "facts at hand";
        text_reported: "转述", "reported";
        text_missing: "无文本", "not at hand";
        modelled: "已实现", "modelled";
        partly: "部分实现", "partly";
        not_modelled: "未实现", "not modelled";
        no_computation: "不涉及计算", "no calculation";
        mineral_name: "矿种", "Mineral";
        on_day: "哪一天", "On the day";
        levied: "征收方式", "Levied";
        by_rate: "按出让收益率", "by rate";
        by_amount: "按出让金额", "by amount";
        name_a_member: "须指明其中一种", "name a member";
        show: "显示", "Show";
        topic: "主题", "Topic";
        where_in_force: "地区", "Where";
        versions_lead: "每个版本是一个数据文件：从首日起适用，到末日为止；没有末日的仍然有效。“见于文本”指逐项与文件原文核对过，其余如实标明。", "A version is a data file, in force from its first day to its last; one without a last day still is. “Read in the text” was compared with the instrument item by item; everything else says what it is.";
        parameters: "参数", "Parameters";
        parameter: "参数", "Parameter";
        value: "值", "Value";
        article: "条款", "Article";
        readings: "解读记录", "Readings";
        reading: "解读记录", "Reading";
        readings_lead: "文件没有规定、由程序作出选择的事项，一事一记：问题、依据、读法和影响。", "What the instruments leave open and the program had to decide, one record each. The records are in Chinese, with a summary in English.";
        instruments_lead: "按施行时间排列。没有原文的文件，据以计算的结果都有提示。", "In the order of their first days. Results that rest on an instrument whose text is not at hand say so.";
        first_day: "前一日", "First day";
        second_day: "后一日", "Second day";
        compare: "比较", "Compare";
        no_change: "两日之间没有变化。", "Nothing changed between the two days.";
        changed: "变化", "Change";
        since: "起始日", "Since";
        coverage_lead: "每一条都列出：是否涉及计算，实现了没有，没有实现的为什么。", "Every article: whether it is computed, whether it is modelled, and if not, why.";
        no_articles: "该文件未逐条列出。", "Its articles are not listed one by one.";
        articles_lead: "引文为文件原文，其下说明程序实现到什么程度。没有引文的条，手头没有原文，只列要点。", "Quoted text is the instrument's own (in Chinese); below it stands how far the program follows it. An article without a quotation is known by its facts only.";
        content: "内容", "Content";
        status: "状况", "Status";
        reason: "说明", "Reason";
        batch_title: "批量计算", "Many calculations at once";
        batch_lead: "一行一个请求，一行一个结果，次序不变；有误的行说明哪里有误，不影响其余。", "A request on each row, an answer on each row, in their order; a bad row says what is wrong and stops nothing else.";
        batch_topic: "算什么", "What is calculated";
        batch_template: "填写用的模板", "A template to fill in";
        template: "Excel 模板", "Excel template";
        batch_file: "把文件拖到这里，或选择文件", "Drop a file here, or choose one";
        batch_paste: "或从表格中复制、粘贴各行", "Or paste rows from a table";
        batch_paste_hint: "第一行为表头（中英文均可，如：应缴本金（万元）、到期日、基准日），其后每行一个请求。逗号或制表符分隔均可。", "The first row has the heads (as principal, due_date, as_of; Chinese ones too), each other row a request; commas or tabs.";
        batch_check: "先看前 20 行", "Check the first 20 rows";
        batch_run: "全部计算", "Compute all";
        batch_progress: "进度", "Progress";
        batch_download: "下载结果", "Download the result";
        batch_first: "前几行的结果", "The first rows";
        batch_more: "程序对程序的批量接口见", "For programs there is an interface:";
        row: "行", "Row";
        row_is_well: "可算", "fine";
        row_is_bad: "有误", "wrong";
        no_rows: "还没有内容：请粘贴表头和数据行，或选择文件。", "There is nothing yet: paste heads and rows, or choose a file.";
        more_steps: "另有", "and";
        more_steps_in: "步，见 JSON。", "more steps: see the JSON.";
        all: "全部", "all";
        please_fill: "请填写", "to be filled in";
        how_computed: "怎样计算", "How it is computed";
    }
}
