"""The greeting of a new friend in the languages of those who care and are cared for in Taiwan."""

from contracts.answer import Variant

_ENGLISH = (
    "Thank you for adding MedEdBot! I write health leaflets and translate them, and I translate "
    "between you and your patients or caregivers. My menus are in Chinese. "
    "Tap or type 「開始」 to start."
)
_JAPANESE = (
    "友だち追加ありがとうございます。MedEdBot は健康教育の説明文を作成・翻訳し、患者さんとの会話も"
    "通訳します。メニューは中国語です。「開始」をタップまたは入力して始めてください。"
)
_KOREAN = (
    "MedEdBot을 친구로 추가해 주셔서 감사합니다. 건강 교육 자료를 만들고 번역하며, 환자와의 대화도 "
    "통역해 드립니다. 메뉴는 중국어로 표시됩니다. 「開始」를 누르거나 입력해 시작하세요."
)
_VIETNAMESE = (
    "Cảm ơn bạn đã kết bạn với MedEdBot! Tôi soạn và dịch tài liệu hướng dẫn sức khỏe, và phiên "
    "dịch giữa bạn với bệnh nhân hoặc người chăm sóc. Trình đơn bằng tiếng Trung. "
    "Hãy bấm hoặc gõ 「開始」 để bắt đầu."
)
_INDONESIAN = (
    "Terima kasih telah menambahkan MedEdBot! Saya membuat dan menerjemahkan lembar edukasi "
    "kesehatan, serta menerjemahkan percakapan antara Anda dan pasien atau perawat. Menunya "
    "berbahasa Mandarin. Ketuk atau ketik 「開始」 untuk memulai."
)
_THAI = (
    "ขอบคุณที่เพิ่ม MedEdBot เป็นเพื่อน! ฉันจัดทำและแปลเอกสารความรู้ด้านสุขภาพ "
    "และช่วยแปลบทสนทนาระหว่างคุณกับผู้ป่วยหรือผู้ดูแล เมนูเป็นภาษาจีน "
    "แตะหรือพิมพ์ 「開始」 เพื่อเริ่มใช้งาน"
)
_FILIPINO = (
    "Salamat sa pag-add sa MedEdBot! Gumagawa at nagsasalin ako ng mga babasahin tungkol sa "
    "kalusugan, at nagsasalin ng usapan ninyo ng pasyente o tagapag-alaga. Nasa wikang Tsino ang "
    "mga menu. I-tap o i-type ang 「開始」 para magsimula."
)
_SPANISH = (
    "¡Gracias por añadir a MedEdBot! Redacto y traduzco folletos de salud, y traduzco las "
    "conversaciones entre usted y sus pacientes o cuidadores. Los menús están en chino. "
    "Toque o escriba 「開始」 para empezar."
)
_FRENCH = (
    "Merci d'avoir ajouté MedEdBot ! Je rédige et traduis des fiches de santé, et je traduis les "
    "échanges entre vous et vos patients ou aidants. Les menus sont en chinois. "
    "Touchez ou tapez 「開始」 pour commencer."
)

VARIANTS: tuple[Variant, ...] = (
    Variant(language="en", main=_ENGLISH),
    Variant(language="ja", main=_JAPANESE),
    Variant(language="ko", main=_KOREAN),
    Variant(language="vi", main=_VIETNAMESE),
    Variant(language="id", main=_INDONESIAN),
    Variant(language="th", main=_THAI),
    Variant(language="fil", main=_FILIPINO),
    Variant(language="tl", main=_FILIPINO),
    Variant(language="es", main=_SPANISH),
    Variant(language="fr", main=_FRENCH),
)
"""The main line of the greeting for users whose profile names such a language."""
