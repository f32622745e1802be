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
        internal: "服务内部错误", "An internal error";
        internal_more: "这是程序的问题，与所填内容无关。请向维护者提供下面的编号。", "This is a defect of the program, whatever was entered. Please report the number below to the maintainers.";
        not_allowed: "该页面不支持这种请求", "The page does not take this kind of request";
        foreign: "请求来自其他网站，已拒绝", "The request came from another site and was refused";
        sign_in_first: "需要先登录", "Sign in first";
        sign_in_more: "本服务的计算和费率只对持有密钥的人开放。", "Calculations and rates of this service are open to holders of a key only.";
        request_id: "请求编号", "Request id";
    }
}
